// The messages of leases that the server has not acknowledged yet: kept in order, sent when there is room, sent again
// after a break.
//
// O1. Of one lease, messages leave in the order in which they were added, on every connection.
// O2. At most `unacked` bytes of items and chunks are sent and not acknowledged; one may always go alone.
// O3. A message is kept until it is acknowledged or its lease is dropped.
// O4. Whoever makes items waits for `room` before the next one, so that what is kept stays near `unacked` bytes.

import type { Frame } from "../base/port.ts";

/** What frames are sent through. */
export interface Sink {
  /** Whether a frame may be sent now: the worker is registered, and not too much is on its way. */
  readonly hasRoom: boolean;
  send(frame: Frame): void;
}

/** A message of a lease, as a frame. */
export interface Outgoing {
  readonly lease: string;
  /** Of an item or chunk; null: it settles the lease. */
  readonly seq: number | null;
  readonly frame: Frame;
  /** The frame's length on the wire. */
  readonly bytes: number;
}

/** The unacknowledged messages of one worker. */
export class Outbox {
  readonly #sink: Sink;
  readonly #entries = new Map<string, Entry[]>();
  #unsent: Entry[] = [];
  #unackedBytesMax = 0;
  /** Bytes of items and chunks that were sent on this connection (O2). */
  #sentBytes = 0;
  /** Bytes of all items and chunks that are kept (O4). */
  #keptBytes = 0;
  #waiting = new Set<() => void>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Sends a message as soon as there is room. */
  add(message: Outgoing): void {
    const counted = message.seq === null ? 0 : message.bytes;
    const entry: Entry = { ...message, counted, state: "unsent" };
    const queue = this.#entries.get(message.lease);
    if (queue) queue.push(entry);
    else this.#entries.set(message.lease, [entry]);
    this.#keptBytes += counted;
    this.#unsent.push(entry);
    this.flush();
  }

  /** The server has stored the lease's messages up to `seq`, or the settling one and so all. */
  ack(lease: string, seq: number | undefined): void {
    const queue = this.#entries.get(lease) ?? [];
    const next = seq === undefined ? -1 : queue.findIndex((e) => e.seq === null || e.seq > seq);
    for (const entry of queue.splice(0, next === -1 ? queue.length : next)) this.#forget(entry);
    if (queue.length === 0) this.#entries.delete(lease);
    this.flush();
  }

  /** Forgets all messages of a lease. */
  drop(lease: string): void {
    this.ack(lease, undefined);
  }

  /** The worker is registered, perhaps again: everything that is kept is sent from the beginning. */
  restart(unackedBytesMax: number): void {
    this.#unackedBytesMax = unackedBytesMax;
    this.#sentBytes = 0;
    this.#unsent = [...this.#entries.values()].flat();
    for (const entry of this.#unsent) entry.state = "unsent";
    this.flush();
  }

  /** Sends what there is room for. */
  flush(): void {
    while (this.#unsent.length > 0 && this.#sink.hasRoom) {
      const entry = this.#unsent[0]!;
      const isOver = this.#sentBytes + entry.counted > this.#unackedBytesMax;
      if (entry.state === "unsent" && entry.counted > 0 && this.#sentBytes > 0 && isOver) break; // O2
      this.#unsent.shift();
      if (entry.state === "gone") continue;
      entry.state = "sent";
      this.#sentBytes += entry.counted;
      this.#sink.send(entry.frame);
    }
    if (this.#keptBytes >= this.#unackedBytesMax) return;
    const woken = this.#waiting;
    this.#waiting = new Set();
    for (const wake of woken) wake();
  }

  /** Resolves when another item may be made (O4), or when `signal` aborts. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#keptBytes >= this.#unackedBytesMax && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          signal.removeEventListener("abort", wake);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    }
  }

  #forget(entry: Entry): void {
    this.#keptBytes -= entry.counted;
    if (entry.state === "sent") this.#sentBytes -= entry.counted;
    entry.state = "gone";
  }
}

interface Entry extends Outgoing {
  /** What it counts in O2 and O4; 0 if it settles. */
  readonly counted: number;
  state: "unsent" | "sent" | "gone";
}
