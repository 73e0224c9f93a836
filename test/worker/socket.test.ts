// The worker's WebSocket against a listener of this runtime, on loopback.

import type { Port } from "../../src/base/port.ts";
import { runtime } from "../../src/runtime/detect.ts";
import type { Handler, Listener } from "../../src/runtime/runtime.ts";
import { RefusedError, serveJobs } from "../../src/worker/mod.ts";
import { openSocket, socketUrl } from "../../src/worker/socket.ts";
import { assert, test } from "../harness/test.ts";
import { fulfilled, json, ServerEnd } from "./scripted-server.ts";

/** Runs a test with a listener, and stops that. */
async function listening(handler: Handler, use: (url: string) => Promise<void>): Promise<void> {
  const listener: Listener = await runtime.listen({
    host: "127.0.0.1",
    port: 0,
    frameBytesMax: 1_000_000,
    bodyBytesMax: 1_000,
    onFault: (error) => {
      throw error;
    },
  }, handler);
  try {
    await use(`http://127.0.0.1:${listener.port}`);
  } finally {
    await listener.stop(0);
  }
}

for (const protocol of ["json", "msgpack"] as const) {
  test(`a worker computes over a socket that speaks ${protocol}`, async () => {
    const opened = Promise.withResolvers<ServerEnd>();
    let offered = "";
    const handler: Handler = (request, connection) => {
      offered = request.headers.get("sec-websocket-protocol") ?? "";
      return connection.upgrade(`hearty.v1.${protocol}`, (port) => {
        opened.resolve(new ServerEnd(request.url, port));
      });
    };
    await listening(handler, async (url) => {
      const ended = Promise.withResolvers<void>();
      const worker = serveJobs({
        url,
        protocol,
        token: "sécret",
        kinds: { double: (n: number) => 2 * n },
        onEvent: (event) => event.type === "ended" && ended.resolve(),
      });
      const end = await opened.promise;
      await end.welcome();
      await worker.ready;
      await end.run("l1", "double", { value: 4 });
      await ended.promise;
      await end.ack("l1");
      worker.drain();
      await received(end, "drain");
      await end.cut(1000);
      await worker.closed;
      assert.equal(new URL(end.url).pathname, "/workers/connect");
      const token = new TextEncoder().encode("sécret").toBase64({ alphabet: "base64url" });
      const wanted = [`hearty.v1.${protocol}`, `hearty.bearer.${token.replaceAll("=", "")}`];
      assert.deepEqual(offered.split(/, */), wanted);
      assert.deepEqual(end.take("fulfill"), [fulfilled("l1", { content: json(8) })]);
    });
  });
}

test("a worker whose token is refused ends and says so", async () => {
  await listening(() => new Response(null, { status: 401 }), async (url) => {
    const worker = serveJobs({ url, token: "wrong", kinds: { one: () => 1 } });
    await assert.rejects(worker.closed, (error) => {
      assert.ok(error instanceof RefusedError && error.reason === "unauthorised");
      return true;
    });
  });
});

test("a refused upgrade tells the server's status, and is tried again", async () => {
  let requests = 0;
  const stop = new AbortController();
  await listening(() => {
    requests++;
    return new Response(null, { status: 503 });
  }, async (url) => {
    const reasons: string[] = [];
    const worker = serveJobs({
      url,
      kinds: { one: () => 1 },
      signal: stop.signal,
      random: { unit: () => 0, bytes: (count) => new Uint8Array(count) },
      onEvent(event) {
        if (event.type !== "disconnected") return;
        reasons.push(event.reason);
        if (reasons.length === 2) stop.abort();
      },
    });
    await worker.closed;
    assert.deepEqual(reasons, Array(2).fill("The server answers with status 503"));
    assert.ok(requests >= 4, "an upgrade and a question, twice");
  });
});

test("a port that was closed before it opened closes once, and asks nobody why", async () => {
  await listening(() => new Response(null, { status: 503 }), async (url) => {
    const port = openSocket(socketUrl(url), ["hearty.v1.json"], undefined);
    const closes: string[] = [];
    const closed = Promise.withResolvers<void>();
    port.events = {
      message() {},
      drain() {},
      close(_code, reason) {
        closes.push(reason);
        closed.resolve();
      },
    };
    port.close(1000, "");
    await closed.promise;
    assert.equal(closes.length, 1);
    port.send("nothing happens");
  });
});

test("a socket with much on its way tells when there is room again", async () => {
  const opened = Promise.withResolvers<Port>();
  const handler: Handler = (_request, connection) =>
    connection.upgrade("hearty.v1.json", (port) => opened.resolve(port));
  await listening(handler, async (url) => {
    const port = openSocket(socketUrl(url), ["hearty.v1.json"], undefined);
    const drained = Promise.withResolvers<void>();
    port.events = { message() {}, close() {}, drain: () => drained.resolve() };
    await opened.promise;
    for (let n = 0; n < 64; n++) port.send("x".repeat(500_000));
    await drained.promise;
    assert.ok(port.buffered <= 256 * 1024);
    port.close(1000, "");
  });
});

async function received(end: ServerEnd, type: "drain"): Promise<void> {
  while (end.take(type).length === 0) await new Promise((resolve) => setImmediate(resolve));
}
