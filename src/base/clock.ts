// The only place that asks what time it is. Everything else is handed a Clock, so that a test or the
// simulator can set it.

/** Milliseconds since 1970 UTC, as shown to people and stored. May jump when the machine's clock is set. */
export type Time = number;

/** Milliseconds on a scale that never goes back and means nothing outside this process. */
export type Mono = number;

/** Both readings of one moment: documents show `wall`, leases and time-outs count in `mono`. */
export interface Now {
  readonly wall: Time;
  readonly mono: Mono;
}

/** Tells the time and wakes at a later one. */
export interface Clock {
  /** The current moment. */
  now(): Now;
  /** Calls `fire` once, at `at` or soon after; the answer cancels it. A time in the past fires soon. */
  timer(at: Mono, fire: () => void): () => void;
}

/** A delay that setTimeout can hold: longer ones would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The machine's own clocks. */
export function systemClock(): Clock {
  return {
    now: () => ({ wall: Date.now(), mono: performance.now() }),
    timer(at, fire) {
      let handle: ReturnType<typeof setTimeout>;
      const arm = () => {
        const rest = at - performance.now();
        handle = setTimeout(
          rest > 0 ? arm : fire,
          Math.min(Math.max(0, Math.ceil(rest)), LONGEST_DELAY_MS),
        );
      };
      const rest = at - performance.now();
      if (rest <= 0) handle = setTimeout(fire, 0);
      else arm();
      return () => clearTimeout(handle);
    },
  };
}

/** A promise that resolves after `ms` on this clock, or at once when `signal` aborts. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      signal?.removeEventListener("abort", end);
      cancel();
      resolve();
    };
    const cancel = clock.timer(clock.now().mono + ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
