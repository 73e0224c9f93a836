// The little statistics that the kinds share.

/** Running mean and spread of numbers that are seen once (Welford 1962: no large sums that cancel). */
export class Tally {
  #count = 0;
  #mean = 0;
  #squares = 0;

  /** Takes one more number. */
  add(value: number): void {
    this.#count++;
    const step = value - this.#mean;
    this.#mean += step / this.#count;
    this.#squares += step * (value - this.#mean);
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Of the numbers seen; of one number it is 0. */
  get standardDeviation(): number {
    return Math.sqrt(this.#squares / Math.max(1, this.#count - 1));
  }

  /** How far the mean is likely to be off: falls with the root of the count. */
  get standardError(): number {
    return this.standardDeviation / Math.sqrt(this.#count);
  }
}

/** The number below which `share` (0 … 1) of the sorted numbers lie, interpolated between neighbours. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = Math.min(Math.max(share * (sorted.length + 1) - 1, 0), sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * Rounds to six decimals. Results are rounded so that they are the same on every runtime: engines differ in the last bits
 * of `Math.exp`, `Math.log` and `Math.sin`, and a job that is run again must give the same items.
 */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
