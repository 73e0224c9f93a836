// A port is what the worker protocol needs of a WebSocket, and no more: so a session can run over a real
// socket of either runtime, over a browser's, or over an in-memory pair without any network.

/** One frame: text for the JSON form, bytes for the MessagePack form. */
export type Frame = string | Uint8Array;

/** What a port tells its user. Set before the first frame can arrive; each is called in order, never re-entrantly by `send`. */
export interface PortEvents {
  /** A whole frame came. */
  message(frame: Frame): void;
  /** The connection is over; called exactly once. `code` is 1006 where the peer vanished. */
  close(code: number, reason: string): void;
  /** `buffered` fell after it had been high: there is room to send again. */
  drain(): void;
}

/** One end of a connection that carries frames in order. */
export interface Port {
  /** The subprotocol that was agreed on, for example `hearty.v1.json`. */
  readonly protocol: string;
  /** Queues a frame. Never throws; after the close it does nothing. */
  send(frame: Frame): void;
  /** Bytes accepted by `send` that have not left yet. */
  readonly buffered: number;
  /** Closes in an orderly way after what was sent. */
  close(code: number, reason: string): void;
  /** Who listens. */
  events: PortEvents;
}

/** Two ports that are connected to each other in memory. Frames and closes arrive in a later microtask, in order. */
export function portPair(protocol: string): [Port, Port] {
  const a = new MemoryPort(protocol);
  const b = new MemoryPort(protocol);
  a.peer = b;
  b.peer = a;
  return [a, b];
}

const deaf: PortEvents = { message() {}, close() {}, drain() {} };

class MemoryPort implements Port {
  readonly protocol: string;
  readonly buffered = 0;
  events: PortEvents = deaf;
  peer: MemoryPort | null = null;
  #open = true;

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  send(frame: Frame): void {
    if (!this.#open) return;
    const peer = this.peer!;
    queueMicrotask(() => {
      if (peer.#open) peer.events.message(frame);
    });
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    const peer = this.peer!;
    // The peer hears everything that was sent before; this end hears nothing more.
    queueMicrotask(() => {
      peer.#end(code, reason);
      this.#end(code, reason);
    });
  }

  #end(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.events.close(code, reason);
  }
}
