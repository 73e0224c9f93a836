// Choices that a seed repeats.

import { type Random, seededRandom } from "../../src/base/random.ts";

/** Makes the choices of one round. */
export class Chance {
  readonly #random: Random;

  /** The same seed and round make the same choices. */
  constructor(seed: number, round: number) {
    this.#random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b));
  }

  /** A whole number of [0, count). */
  below(count: number): number {
    return Math.floor(this.#random.unit() * count);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of them. */
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** Up to `max` values, each made anew. */
  some<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, make);
  }

  /** The same things in another order. */
  shuffle<T>(things: readonly T[]): T[] {
    const order = [...things];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** Bytes without any meaning. */
  bytes(count: number): Uint8Array {
    return this.#random.bytes(count);
  }

  /** A word that no other round has. */
  word(): string {
    return this.bytes(6).toHex();
  }

  /** The same bytes with a few of them changed, cut out, put in, or the end cut off. */
  damage(bytes: Uint8Array): Uint8Array {
    let damaged = [...bytes];
    for (let times = 1 + this.below(3); times > 0; times--) {
      const at = this.below(damaged.length + 1);
      const how = this.below(4);
      if (how === 0) damaged[at] = this.below(256);
      else if (how === 1) damaged.splice(at, 1 + this.below(4));
      else if (how === 2) damaged.splice(at, 0, ...this.bytes(1 + this.below(4)));
      else damaged = damaged.slice(0, at);
    }
    return Uint8Array.from(damaged);
  }
}
