// Bun's answer to runtime.ts: what differs from Deno. Measured with Bun 1.4.5.

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

// The few parts of Bun that are used, so that both compilers know them without Bun's types.
declare const Bun: {
  readonly version: string;
  readonly main: string;
  readonly SHA256: { hash(data: Uint8Array | string, encoding: "hex"): string };
  serve(options: unknown): BunServer;
};

interface BunServer {
  readonly hostname: string;
  readonly port: number;
  requestIP(request: Request): { address: string } | null;
  timeout(request: Request, seconds: number): void;
  upgrade(request: Request, options: { data: Upgrade; headers: Record<string, string> }): boolean;
  stop(closeActiveConnections?: boolean): Promise<void>;
}

interface BunSocket {
  readonly data: Upgrade;
  binaryType: "uint8array";
  send(frame: Frame): number;
  close(code: number, reason: string): void;
  terminate(): void;
  getBufferedAmount(): number;
}

/** What a request leaves for its socket; `port` is there once it is open. */
interface Upgrade {
  readonly protocol: string;
  readonly open: (port: Port) => void;
  port: SocketPort | null;
}

/** The runtime, when this is Bun. */
export const bun: Runtime = {
  ...system({
    // A compiled program holds its main file in itself and starts it unasked.
    selfArgs: () => (Bun.main.startsWith("/$bunfs/") ? [] : [Bun.main]),
  }),
  name: "bun",
  version: Bun.version,
  // The quickest for short inputs: 0.24 µs for 230 bytes, node:crypto's `hash` 0.36 µs.
  sha256: (data) => Bun.SHA256.hash(data, "hex"),
  listen: (options, handler) => listening(options, () => serve(options, handler)),
};

function serve(options: ListenOptions, handler: Handler): Listener {
  const sockets = new Set<SocketPort>();
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    // Said aloud: left out, a second server of this process may share the port.
    reusePort: false,
    // Without this, an error is answered with a page that shows source text and paths.
    development: false,
    error(error: unknown) {
      options.onFault(error);
      return problem(500, "Internal Server Error");
    },
    idleTimeout: 30,
    maxRequestBodySize: 2 * options.bodyBytesMax,
    async fetch(request: Request, server: BunServer) {
      const connection = new BunConnection(request, server);
      const response = await answer(handler, { request, connection }, options.onFault);
      return connection.isUpgraded ? undefined : response;
    },
    websocket: {
      maxPayloadLength: options.frameBytesMax,
      idleTimeout: SOCKET_IDLE_S,
      sendPings: true,
      backpressureLimit: SOCKET_BACKLOG_BYTES_MAX + options.frameBytesMax,
      closeOnBackpressureLimit: true,
      perMessageDeflate: false,
      open(socket: BunSocket) {
        socket.binaryType = "uint8array";
        const { data } = socket;
        data.port = socketPort(socket, options.onFault);
        sockets.add(data.port);
        data.port.opened(data.open);
      },
      message(socket: BunSocket, frame: Frame) {
        socket.data.port?.received(frame);
      },
      drain(socket: BunSocket) {
        socket.data.port?.drained();
      },
      close(socket: BunSocket, code: number, reason: string) {
        const { port } = socket.data;
        if (port === null) return;
        sockets.delete(port);
        port.ended(code, reason);
      },
    },
  });
  return listener({
    host: server.hostname,
    port: server.port,
    sockets,
    finish: () => server.stop(),
    cut: () => server.stop(true),
  });
}

class BunConnection implements Connection {
  // Bun takes the header away and sends chunks: oven-sh/bun#10507.
  readonly keepsLength = false;
  readonly address: string;
  readonly #request: Request;
  readonly #server: BunServer;
  isUpgraded = false;

  constructor(request: Request, server: BunServer) {
    // Asked for at once: it is gone when the peer is.
    this.address = plainAddress(server.requestIP(request)?.address);
    this.#request = request;
    this.#server = server;
  }

  keepOpen(): void {
    this.#server.timeout(this.#request, 0);
  }

  upgrade(protocol: string, open: (port: Port) => void): Response {
    checkUpgrade(this.#request, protocol);
    const headers = { "Sec-WebSocket-Protocol": protocol };
    const data: Upgrade = { protocol, open, port: null };
    this.isUpgraded = this.#server.upgrade(this.#request, { data, headers });
    if (!this.isUpgraded) throw new TypeError("Cannot upgrade: the connection is gone");
    return new Response(); // Only to be returned: the socket has the connection now.
  }
}

function socketPort(socket: BunSocket, onFault: (error: unknown) => void): SocketPort {
  return new SocketPort(socket.data.protocol, {
    // 0: dropped; -1: queued; else the bytes that were sent.
    send: (frame) => socket.send(frame) !== 0,
    buffered: () => socket.getBufferedAmount(),
    close: (code, reason) => socket.close(code, reason),
    abort: () => socket.terminate(),
  }, onFault);
}
