"""A whole Hearty worker, a model for other languages: python3 worker.py ws://HOST:PORT/workers/connect [TOKEN]
Needs Python 3.8 or later and `pip install websockets`. The numbers are what the protocol asks of a worker."""
import asyncio, base64, inspect, json, os, random, socket, sys
import websockets

async def double(value):
    return 2 * value

async def count(value):  # what an asynchronous generator yields are the items of a streamed result
    for n in range(value["to"]):
        yield n

KINDS = {"double": double, "count": count}

class Worker:
    ws, session, window = None, None, 0  # the connection if registered; the registration; most bytes without an ack
    tasks, outbox = {}, []  # the handler of each lease; (lease, seq, frame) of what is not acknowledged, in order

    async def serve(self, url, token=""):
        bearer = "hearty.bearer." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
        protocols = ["hearty.v1.json", bearer] if token else ["hearty.v1.json"]
        hello = {"type": "hello", "name": f"{socket.gethostname()}-{os.getpid()}", "concurrency": 4,
                 "kinds": [{"kind": kind} for kind in KINDS]}
        self.acked, failures = asyncio.Condition(), 0
        while True:  # 1. Come back for ever, after pauses that grow and are drawn by lot.
            self.silence, self.pause = 15, 0
            try:
                async with websockets.connect(url, subprotocols=protocols, max_size=None, ping_interval=None) as ws:
                    if self.session:  # 2. Name the leases that are still held.
                        hello["resume"] = {"session": self.session, "leases": list(self.tasks)}
                    await ws.send(json.dumps(hello))
                    while True:  # 3. A server that says nothing for 2.5 heartbeats is gone.
                        await self.hear(ws, json.loads(await asyncio.wait_for(ws.recv(), self.silence)))
                        failures = 0
            except (OSError, asyncio.TimeoutError, websockets.WebSocketException) as error:
                print("no connection:", repr(error), file=sys.stderr)
            self.ws, failures = None, failures + 1
            await asyncio.sleep(self.pause + random.random() * min(10, 0.25 * 2 ** failures))

    async def hear(self, ws, message):
        kind, lease, seq = message["type"], message.get("lease"), message.get("seq")
        if kind == "ping":  # 4. Answer at once.
            await ws.send(json.dumps({"type": "pong", "n": message["n"]}))
        elif kind == "welcome":  # 5. Forget the leases that are gone; say again, in order, what was not acknowledged.
            self.session, self.window, self.silence = message["session"], message["unacked"], message["heartbeatMs"] / 400
            for lost in set(self.tasks) - set(message["leases"]): self.drop(lost)
            for _, _, frame in self.outbox: await ws.send(frame)
            self.ws = ws  # Only now handlers send by themselves: what they added meanwhile was in the outbox.
        elif kind == "run": self.tasks[lease] = asyncio.ensure_future(self.work(message))
        elif kind == "cancel" and lease in self.tasks: self.tasks[lease].cancel()
        elif kind == "ack" and seq is not None:
            self.outbox = [m for m in self.outbox if m[0] != lease or m[1] is None or m[1] > seq]
        elif kind in ("ack", "lost"): self.drop(lease)
        elif kind == "bye": self.pause = message["retryMs"] / 1000
        elif kind in ("refused", "error"): print("the server says:", message, file=sys.stderr)
        async with self.acked: self.acked.notify_all()

    def drop(self, lease):
        self.outbox = [m for m in self.outbox if m[0] != lease]
        if lease in self.tasks: self.tasks.pop(lease).cancel()

    async def work(self, run):
        lease, given, end, seq = run["lease"], run["input"], {"type": "fulfill"}, 0
        try:
            result = KINDS[run["kind"]](given["value"] if "value" in given else base64.b64decode(given["body"]))
            if not inspect.isasyncgen(result): end["value"] = await result
            else:
                async for item in result:  # 6. Another attempt yields the same: what is stored is not sent again.
                    if seq >= run["storedItems"]: await self.keep(lease, seq, {"type": "item", "seq": seq, "value": item})
                    seq += 1
        except asyncio.CancelledError:  # 7. Say when a cancelled handler has ended; of a lost lease say nothing.
            if self.tasks.pop(lease, None): await self.send(json.dumps({"type": "cancelled", "lease": lease}))
            return
        except Exception as error:
            end = {"type": "reject", "error": {"name": type(error).__name__, "message": str(error), "retryable": False}}
        await self.keep(lease, None, end)

    async def keep(self, lease, seq, message):
        frame = json.dumps({**message, "lease": lease})
        size = 0 if seq is None else len(frame)
        used = lambda: sum(len(frame) for _, seq, frame in self.outbox if seq is not None)
        async with self.acked:  # 8. Items wait until they fit in the window; one may always go alone.
            await self.acked.wait_for(lambda: not size or not used() or used() + size <= self.window)
        self.outbox.append((lease, seq, frame))
        await self.send(frame)

    async def send(self, frame):
        try:
            if self.ws: await self.ws.send(frame)
        except websockets.ConnectionClosed: pass  # serve() notices it too, and comes back

if __name__ == "__main__": asyncio.run(Worker().serve(*sys.argv[1:]))
