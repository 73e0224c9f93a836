// Deno's answer to runtime.ts: what differs from Bun. Measured with Deno 2.9.6.

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import process from "node:process";
import { systemClock } from "../base/clock.ts";
import type { Frame, Port } from "../base/port.ts";
import type { Connection, Handler, Listener, ListenOptions, Runtime } from "./runtime.ts";
import {
  answer,
  checkUpgrade,
  listener,
  listening,
  plainAddress,
  problem,
  SOCKET_BACKLOG_BYTES_MAX,
  SOCKET_IDLE_S,
} from "./serving.ts";
import { SocketPort } from "./socket-port.ts";
import { system } from "./system.ts";

// The few parts of Deno that are used, so that both compilers know them.
declare const Deno: {
  readonly version: { readonly deno: string };
  readonly mainModule: string;
  readonly permissions: { querySync(permission: Permission): { state: string } };
  serve(options: unknown, handler: (request: Request, info: RequestInfo) => unknown): DenoServer;
  upgradeWebSocket(
    request: Request,
    options: { protocol: string; idleTimeout: number },
  ): { socket: WebSocket; response: Response };
};

interface Permission {
  readonly name: string;
  readonly path?: string;
  readonly command?: string;
}

interface RequestInfo {
  readonly remoteAddr: { readonly hostname: string };
  /** Settles when the answer has left, or cannot. */
  readonly completed: Promise<void>;
}

interface DenoServer {
  readonly addr: { readonly hostname: string; readonly port: number };
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}

/** The runtime, when this is Deno. */
export const deno: Runtime = {
  ...system({ selfArgs: () => ["run", ...grantedFlags(), Deno.mainModule] }),
  name: "deno",
  version: Deno.version.deno,
  sha256: (data) => hash("sha256", data, "hex"),
  listen: (options, handler) => listening(options, () => serve(options, handler)),
};

/** The permissions of this process, for a process like it. */
function grantedFlags(): string[] {
  const isGranted = (permission: Permission) =>
    Deno.permissions.querySync(permission).state === "granted";
  const self = process.execPath;
  const flags = ["--no-prompt", "--unstable-no-legacy-abort"];
  for (const name of ["net", "env", "sys", "ffi", "import"]) {
    if (isGranted({ name })) flags.push(`--allow-${name}`);
  }
  for (const name of ["read", "write"]) {
    if (isGranted({ name })) flags.push(`--allow-${name}`);
    else if (isGranted({ name, path: "." })) flags.push(`--allow-${name}=.`);
  }
  if (isGranted({ name: "run" })) flags.push("--allow-run");
  else if (isGranted({ name: "run", command: self })) flags.push(`--allow-run=${self}`);
  return flags;
}

function serve(options: ListenOptions, handler: Handler): Listener {
  const sockets = new Set<SocketPort>();
  const activity = new Activity();
  const cutter = new AbortController();
  let isShutDown = false;
  const server = Deno.serve({
    hostname: options.host,
    port: options.port,
    signal: cutter.signal,
    onListen() {},
    onError(error: unknown) {
      options.onFault(error);
      return problem(500, "Internal Server Error");
    },
  }, async (request, info) => {
    if (activity.isEnding) return problem(503, "The server stops");
    activity.during(info.completed);
    const connection = new DenoConnection(request, { info, options, sockets, activity });
    const response = await answer(handler, { request, connection }, options.onFault);
    return connection.upgraded ?? response;
  });
  return listener({
    host: server.addr.hostname,
    port: server.addr.port,
    sockets,
    // `shutdown` takes away the means to cut what it waits for: `abort` throws after it. So it comes
    // when all is out, and until then new requests are refused one by one.
    async finish() {
      await activity.end();
      isShutDown = true;
      await server.shutdown();
    },
    async cut() {
      if (isShutDown) return; // Last bytes on their way to a slow reader: only the process's end stops those.
      cutter.abort();
      await server.finished;
    },
  });
}

/** The answers under way and the open sockets. */
class Activity {
  count = 0;
  isEnding = false;
  readonly #ended = Promise.withResolvers<void>();

  /** Counts one more until `over` settles; that an answer was not wanted any more is no fault. */
  during(over: Promise<void>): void {
    this.count++;
    const done = () => {
      this.count--;
      this.#look();
    };
    over.then(done, done);
  }

  /** Lets no more begin; resolves when none is under way. */
  end(): Promise<void> {
    this.isEnding = true;
    this.#look();
    return this.#ended.promise;
  }

  #look(): void {
    if (this.isEnding && this.count === 0) this.#ended.resolve();
  }
}

/** What a connection knows of the server and of its peer. */
interface Context {
  readonly info: RequestInfo;
  readonly options: ListenOptions;
  readonly sockets: Set<SocketPort>;
  readonly activity: Activity;
}

class DenoConnection implements Connection {
  readonly keepsLength = true;
  readonly address: string;
  readonly #request: Request;
  readonly #context: Context;
  /** The answer that makes the socket; no other will do. */
  upgraded: Response | null = null;

  constructor(request: Request, context: Context) {
    this.address = plainAddress(context.info.remoteAddr.hostname);
    this.#request = request;
    this.#context = context;
  }

  /** Deno has no idle timer to switch off. */
  keepOpen(): void {}

  upgrade(protocol: string, open: (port: Port) => void): Response {
    checkUpgrade(this.#request, protocol);
    const idleTimeout = SOCKET_IDLE_S;
    const made = Deno.upgradeWebSocket(this.#request, { protocol, idleTimeout });
    serveSocket(made.socket, this.#context, { protocol, open });
    this.upgraded = made.response;
    return made.response;
  }
}

function serveSocket(
  socket: WebSocket,
  { options, sockets, activity }: Context,
  { protocol, open }: { protocol: string; open: (port: Port) => void },
): void {
  const backlogBytesMax = SOCKET_BACKLOG_BYTES_MAX + options.frameBytesMax;
  const drain = new DrainPoll(socket, () => port.drained());
  const port = new SocketPort(protocol, {
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return true; // Its close is about to be told.
      if (socket.bufferedAmount > backlogBytesMax) return false;
      socket.send(frame as string | Uint8Array<ArrayBuffer>);
      drain.watch();
      return true;
    },
    buffered: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
    // Deno cannot drop a socket: a peer that neither reads nor leaves keeps it until the listener stops.
    abort: () => socket.close(1013, "The connection is too slow"),
  }, options.onFault);
  // From now on, since the answer to the request counts as completed already.
  const closed = Promise.withResolvers<void>();
  activity.during(closed.promise);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    sockets.add(port);
    port.opened(open);
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    const frame: Frame = typeof data === "string" ? data : new Uint8Array(data);
    // Deno has no limit of its own: the frame is in memory already, but goes no further.
    if (frameBytes(frame) <= options.frameBytesMax) port.received(frame);
    else port.close(1009, "The frame is too large");
  };
  socket.onclose = ({ code, reason }) => {
    drain.stop();
    closed.resolve();
    sockets.delete(port);
    port.ended(code === 0 ? 1006 : code, reason); // 0: the peer aborted.
  };
}

function frameBytes(frame: Frame): number {
  return typeof frame === "string" ? Buffer.byteLength(frame) : frame.length;
}

/** Buffered bytes above which a user may have stopped sending and waits for `drain`. */
const HIGH_BYTES = 64 * 1024;
const POLL_MS = 50;

/** Stands in for the drain event that Deno's sockets lack: looks again and again, but only while much is buffered. */
class DrainPoll {
  readonly #socket: WebSocket;
  readonly #drained: () => void;
  #cancel: (() => void) | null = null;

  constructor(socket: WebSocket, drained: () => void) {
    this.#socket = socket;
    this.#drained = drained;
  }

  /** To be called after each send. */
  watch(): void {
    if (this.#cancel === null && this.#socket.bufferedAmount > HIGH_BYTES) this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    const clock = systemClock();
    this.#cancel = clock.timer(clock.now().mono + POLL_MS, () => {
      this.#cancel = null;
      if (this.#socket.bufferedAmount > HIGH_BYTES) this.#arm();
      else this.#drained();
    });
  }
}
