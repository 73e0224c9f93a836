// A worker that may say anything, over a socket of its own.

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { requestBytes } from "./request.ts";
import type { Target } from "./target.ts";

/** The key of every opening handshake: the example of RFC 6455. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

const UPGRADE_MS_MAX = 10_000;
/** How long to wait for what a server need not say, in ms. */
const PATIENCE_MS = 500;

/** A worker over a socket of its own, which may say anything. */
export class HostileWorker {
  readonly #socket: Socket;
  readonly heard: string[] = [];
  /** The last lease that it was given. */
  lease = "none";
  #got = Buffer.alloc(0);
  #isUpgraded = false;
  #isClosed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /** Null: the server does not upgrade. */
  static async open(target: Target): Promise<HostileWorker | null> {
    const socket = connect({ ...target.address, noDelay: true });
    const worker = new HostileWorker(socket);
    worker.write(requestBytes({
      method: "GET",
      target: "/workers/connect",
      headers: [...target.credentials, ...handshakeHeaders("hearty.v1.json")],
    }));
    return await worker.#waitFor(() => worker.#isUpgraded, UPGRADE_MS_MAX) ? worker : null;
  }

  say(message: object): void {
    this.write(frame(1, Buffer.from(JSON.stringify(message))));
  }

  write(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#socket.write(bytes);
  }

  /** Waits until it was told something of this type; false: the connection ended, or it took too long. */
  hears(type: string): Promise<boolean> {
    return this.#waitFor(() => this.heard.includes(type), PATIENCE_MS);
  }

  async #waitFor(isThere: () => boolean, ms: number): Promise<boolean> {
    const before = Date.now();
    while (!isThere()) {
      if (this.#isClosed || Date.now() - before > ms) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  leave(): void {
    this.#socket.destroy();
  }

  #end(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #take(chunk: Buffer): void {
    this.#got = Buffer.concat([this.#got, chunk]);
    if (!this.#isUpgraded) this.#takeHead();
    else while (this.#takeFrame());
    this.#wake();
  }

  #takeHead(): void {
    const end = this.#got.indexOf("\r\n\r\n");
    if (end === -1) return;
    if (!this.#got.toString("latin1", 0, end).startsWith("HTTP/1.1 101")) return this.#end();
    this.#got = this.#got.subarray(end + 4);
    this.#isUpgraded = true;
    this.#take(Buffer.alloc(0));
  }

  #takeFrame(): boolean {
    const got = this.#got;
    if (got.length < 4) return false;
    const short = got[1]! & 127;
    const length = short < 126 ? short : got.readUInt16BE(2);
    const start = short < 126 ? 2 : 4;
    if (got.length < start + length) return false;
    const body = got.subarray(start, start + length);
    this.#got = got.subarray(start + length);
    if ((got[0]! & 15) === 1) {
      const message = JSON.parse(body.toString());
      this.heard.push(message.type);
      if (message.type === "run") this.lease = message.lease;
    }
    return true;
  }
}

/** The headers of an opening handshake. */
export function handshakeHeaders(protocol: string): (readonly [string, string])[] {
  return [
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Key", KEY],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Protocol", protocol],
  ];
}

/** A frame (RFC 6455, section 5.2), or nearly one. The mask is zero, which changes nothing. */
export function frame(
  opcode: number,
  body: Uint8Array,
  { flags = 0x80, isMasked = true, length = body.length }: {
    flags?: number;
    isMasked?: boolean;
    length?: number | undefined;
  } = {},
): Uint8Array {
  const head = Buffer.alloc(10);
  head[0] = flags | opcode;
  const mask = isMasked ? 0x80 : 0;
  let size = 2;
  if (length < 126) {
    head[1] = mask | length;
  } else if (length < 65_536) {
    head[1] = mask | 126;
    size += head.writeUInt16BE(length, 2) - 2;
  } else {
    head[1] = mask | 127;
    size += head.writeBigUInt64BE(BigInt(length), 2) - 2;
  }
  return Buffer.concat([head.subarray(0, size), Buffer.alloc(isMasked ? 4 : 0), body]);
}
