// How far a job is, as its handler tells it: as often as it likes, while the server hears the newest now and then.

import type { Clock } from "../base/clock.ts";
import type { SentMessage } from "../wire/messages.ts";

/** What progress is sent through. */
export interface ProgressBench {
  readonly clock: Clock;
  /** Sends a message at once, or not at all if there is no connection or no room. */
  offer(message: SentMessage): void;
}

/** Shortest time between two messages of progress for one job, in ms. */
const PROGRESS_MS = 100;
/** Longest message, in characters: the server keeps no more. */
const MESSAGE_MAX = 8_192;

/** The newest progress of a lease, sent now or soon. */
export class Progress {
  readonly #lease: string;
  readonly #bench: ProgressBench;
  #unsent: SentMessage | null = null;
  #cancelTimer: (() => void) | null = null;

  constructor(lease: string, bench: ProgressBench) {
    this.#lease = lease;
    this.#bench = bench;
  }

  /** Takes newer progress; it is sent at once unless some was sent just before. */
  set(fraction: number | undefined, message: string | undefined): void {
    this.#unsent = {
      type: "progress",
      lease: this.#lease,
      ...(fraction === undefined ? {} : { fraction: Math.min(1, Math.max(0, fraction || 0)) }),
      ...(message === undefined ? {} : { message: message.slice(0, MESSAGE_MAX) }),
    };
    if (this.#cancelTimer === null) this.#flush();
  }

  /** Sends no more. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#unsent = null;
  }

  #flush(): void {
    this.#cancelTimer = null;
    if (this.#unsent === null) return;
    const { clock } = this.#bench;
    this.#bench.offer(this.#unsent);
    this.#unsent = null;
    this.#cancelTimer = clock.timer(clock.now().mono + PROGRESS_MS, () => this.#flush());
  }
}
