// Which of the free workers that offer its kind gets a job.

/** A worker, as far as placing needs it. */
export interface Candidate {
  readonly id: string;
  /** Free slots. */
  readonly free: number;
  /** All its slots; at least one. */
  readonly concurrency: number;
}

/**
 * The worker of which the largest fraction of slots is free, so that load spreads in proportion to size; among
 * equals the one with most free slots, then the first. Null if none has a free slot.
 *
 * @example
 * ```ts
 * import { place } from "./place.ts";
 *
 * const small = { id: "small", free: 1, concurrency: 1 };
 * const large = { id: "large", free: 6, concurrency: 8 };
 * if (place([large, small]) !== small) throw new Error("The small one is wholly free");
 * ```
 */
export function place<Worker extends Candidate>(workers: readonly Worker[]): Worker | null {
  let best: Worker | null = null;
  for (const worker of workers) {
    if (worker.free > 0 && (best === null || isBetter(worker, best))) best = worker;
  }
  return best;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  // a.free / a.concurrency against b.free / b.concurrency, without rounding.
  const [fractionA, fractionB] = [a.free * b.concurrency, b.free * a.concurrency];
  return fractionA === fractionB ? a.free > b.free : fractionA > fractionB;
}
