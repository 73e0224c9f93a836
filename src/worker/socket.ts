// A WebSocket as a port, by web standards only: Bun, Deno, Node and browsers alike.

import { encode } from "../base/msgpack.ts";
import type { Frame, Port, PortEvents } from "../base/port.ts";
import { BEARER_PREFIX, type Protocol } from "../wire/messages.ts";

/** The address of a server's worker socket, out of the server's own (`https://jobs.example`) or the socket's. */
export function socketUrl(url: string): string {
  const parsed = new URL(url);
  parsed.protocol = parsed.protocol.replace(/^http/, "ws");
  if (!parsed.pathname.endsWith(PATH)) {
    parsed.pathname = parsed.pathname.replace(/\/$/, "") + PATH;
  }
  return parsed.href;
}

/** Opens a socket. The token goes as an offered subprotocol, since browsers cannot set headers. */
export function openSocket(
  url: string,
  protocols: readonly Protocol[],
  token: string | undefined,
): Port {
  return new SocketPort(url, protocols[0]!, token);
}

const PATH = "/workers/connect";
/** How often a socket with much on its way is looked at; there is no event for it. */
const DRAIN_POLL_MS = 50;
/** Below this many bytes on their way there is room again. */
const DRAINED_BYTES = 256 * 1024;
/** How long the server may take to say why it refused an upgrade. */
const EXPLAIN_MS_MAX = 5_000;

const deaf: PortEvents = { message() {}, close() {}, drain() {} };

class SocketPort implements Port {
  readonly protocol: Protocol;
  events: PortEvents = deaf;
  readonly #socket: WebSocket;
  /** Frames that wait for the socket to open; null: it has been open. */
  #waiting: Frame[] | null = [];
  #poll: ReturnType<typeof setInterval> | undefined;
  /** Whether this end closed it: then nobody asks why. */
  #isLeft = false;
  /** Deno tells a close twice when a silent peer is dropped. */
  #isClosed = false;

  constructor(url: string, protocol: Protocol, token: string | undefined) {
    this.protocol = protocol;
    const offered: string[] = [protocol];
    if (token !== undefined) offered.push(BEARER_PREFIX + base64Url(token));
    const socket = this.#socket = new WebSocket(url, offered);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#open();
    socket.onmessage = ({ data }) =>
      this.events.message(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
    socket.onclose = ({ code, reason }) => void this.#closed(url, token, code, reason);
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Frame): void {
    if (this.#waiting !== null) this.#waiting.push(frame);
    else if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(frame as string | Uint8Array<ArrayBuffer>);
      if (this.buffered > DRAINED_BYTES) {
        this.#poll ??= setInterval(() => this.#look(), DRAIN_POLL_MS);
      }
    }
  }

  close(code: number, reason: string): void {
    this.#isLeft = true;
    // A program may only use 1000 and codes of its own, the range from 3000; reasons are short.
    this.#socket.close(code === 1000 ? 1000 : 3000 + code % 1000, reason.slice(0, 30));
  }

  #open(): void {
    const frames = this.#waiting ?? [];
    this.#waiting = null;
    for (const frame of frames) this.send(frame);
  }

  #look(): void {
    if (this.buffered > DRAINED_BYTES) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.events.drain();
  }

  async #closed(
    url: string,
    token: string | undefined,
    code: number,
    reason: string,
  ): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#poll);
    const isKnown = this.#waiting === null || this.#isLeft;
    const why = isKnown ? reason : await explain(url, token);
    if (why === "unauthorised") {
      // As the protocol itself would say it.
      const refused = { type: "refused", reason: why };
      const isText = this.protocol === "hearty.v1.json";
      this.events.message(isText ? JSON.stringify(refused) : encode(refused));
    }
    this.events.close(code, why);
  }
}

/** Why an upgrade was refused: sockets do not tell, so the same address is asked by HTTP. */
async function explain(url: string, token: string | undefined): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const signal = AbortSignal.timeout(EXPLAIN_MS_MAX);
    const answer = await fetch(url.replace(/^ws/, "http"), { headers, signal });
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403) return "unauthorised";
    return `The server answers with status ${answer.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function base64Url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
