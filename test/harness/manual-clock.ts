// A clock that stands still until a test moves it.

import type { Clock, Mono, Now, Time } from "../../src/base/clock.ts";

/** A clock for tests: timers fire while `advance` passes them, each at its own time. */
export class ManualClock implements Clock {
  #mono: Mono = 0;
  #wall: Time;
  #timers: Timer[] = [];

  constructor(wall: Time = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  now(): Now {
    return { wall: this.#wall, mono: this.#mono };
  }

  timer(at: Mono, fire: () => void): () => void {
    const timer = { at: Math.max(at, this.#mono), fire };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** Lets `ms` pass: due timers fire in order, equal ones in the order in which they were set, and all that follows from one happens before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await settled();
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#pass(next.at);
      next.fire();
      await settled();
    }
    this.#pass(end);
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  #next(end: Mono): Timer | null {
    return this.#timers.reduce<Timer | null>(
      (first, timer) => timer.at > end || (first !== null && first.at <= timer.at) ? first : timer,
      null,
    );
  }

  #pass(mono: Mono): void {
    this.#wall += mono - this.#mono;
    this.#mono = mono;
  }
}

interface Timer {
  readonly at: Mono;
  readonly fire: () => void;
}

/** Resolves when everything that could happen without time passing has happened. */
export async function settled(): Promise<void> {
  // Streams of the platform hand their bytes on in turns of the event loop, not in microtasks.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
