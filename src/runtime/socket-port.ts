// A port over a WebSocket of a runtime. It keeps those promises of base/port.ts that no runtime keeps by itself.
//
// S1. `close` is told exactly once, and nothing after it: Deno 2.9 tells a lost peer's close twice.
// S2. No event comes while the user is inside `send` or `close`: Bun 1.4 tells the close from within.
// S3. A callback that throws ends this connection with 1011, not the process, as it would in both runtimes.

import { sleep, systemClock } from "../base/clock.ts";
import type { Frame, Port, PortEvents } from "../base/port.ts";

/** A runtime's socket, as far as a port needs it. None of its methods throws. */
export interface Socket {
  /** Queues a frame; false if it was dropped instead. */
  send(frame: Frame): boolean;
  buffered(): number;
  close(code: number, reason: string): void;
  /** Ends the connection without asking the peer, as far as the runtime can. */
  abort(): void;
}

/** How long a peer may take to answer our close, in ms. */
const CLOSE_MS_MAX = 5_000;

/** Closed for the peer's vanishing, RFC 6455 section 7.1.5: never sent, only told. */
const VANISHED = 1006;

/** Who closes first says how, as with the pair in memory; the runtimes differ in what the closing side is told. */
type State =
  | { readonly name: "open" }
  | { readonly name: "closing"; readonly code: number; readonly reason: string }
  | { readonly name: "closed" };

const deaf: PortEvents = { message() {}, close() {}, drain() {} };

/** A port whose socket's events are told by `opened`, `received`, `drained` and `ended`. */
export class SocketPort implements Port {
  readonly protocol: string;
  events: PortEvents = deaf;
  readonly #socket: Socket;
  readonly #onFault: (error: unknown) => void;
  readonly #over = new AbortController();
  #state: State = { name: "open" };

  constructor(protocol: string, socket: Socket, onFault: (error: unknown) => void) {
    this.protocol = protocol;
    this.#socket = socket;
    this.#onFault = onFault;
  }

  get buffered(): number {
    return this.#state.name === "closed" ? 0 : this.#socket.buffered();
  }

  send(frame: Frame): void {
    if (this.#state.name !== "open" || this.#socket.send(frame)) return;
    // A stream of frames with a hole is worse than none: the peer resumes over a new connection.
    this.#vanish();
  }

  close(code: number, reason: string): void {
    if (this.#state.name !== "open") return;
    this.#state = { name: "closing", code, reason };
    this.#socket.close(code, cutReason(reason));
    void sleep(systemClock(), CLOSE_MS_MAX, this.#over.signal).then(() => this.#vanish());
  }

  /** Hands the port to its user. */
  opened(open: (port: Port) => void): void {
    this.#tell(() => open(this));
  }

  /** A whole frame came. */
  received(frame: Frame): void {
    if (this.#state.name === "open") this.#tell(() => this.events.message(frame));
  }

  /** What was queued has left. */
  drained(): void {
    if (this.#state.name === "open") this.#tell(() => this.events.drain());
  }

  /** The socket is closed (S1, S2). */
  ended(code: number, reason: string): void {
    const before = this.#state;
    if (before.name === "closed") return;
    this.#state = { name: "closed" };
    this.#over.abort();
    const end = before.name === "closing" ? before : { code, reason };
    queueMicrotask(() => this.#tell(() => this.events.close(end.code, end.reason)));
  }

  #vanish(): void {
    if (this.#state.name === "closed") return;
    this.#socket.abort();
    this.ended(VANISHED, "");
  }

  #tell(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#onFault(error); // S3
      this.close(1011, "Internal error");
    }
  }
}

/** A control frame holds 125 bytes (RFC 6455 section 5.5), two of which are the code. */
function cutReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  // `stream` drops a character that was cut in two.
  return new TextDecoder().decode(bytes.subarray(0, 123), { stream: true });
}
