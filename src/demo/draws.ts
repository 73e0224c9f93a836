// Random numbers that follow from a job's input alone: a job that is run again, on any worker, draws the same
// ones, and so gives the same items.

import { z } from "zod";

/**
 * A generator seeded from a kind and its input: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, at
 * least 2^32 numbers before it can repeat and 2^127 on average. Not for secrets.
 */
export class Draws {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  /** The second of the two normal numbers that are made at once; NaN: used up. */
  #spare = NaN;

  /** `input` is the parsed input: its members stand in the order of the schema, so equal inputs are equal texts. */
  constructor(kind: string, input: object) {
    const text = kind + JSON.stringify(input);
    this.#a = hash(text, 1);
    this.#b = hash(text, 2);
    this.#c = hash(text, 3);
    for (let i = 0; i < 15; i++) this.unit(); // until the three hashes are mixed well
  }

  /** A number between 0 and 1, never either of them: the middle of one of 2^32 equal parts. */
  unit(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return ((sum >>> 0) + 0.5) / 2 ** 32;
  }

  /** A whole number from 0 to `count` - 1, each equally likely. */
  below(count: number): number {
    return Math.floor(this.unit() * count);
  }

  /** A standard normal number, by the method of Box and Muller. */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.unit()));
    const angle = 2 * Math.PI * this.unit();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** A Poisson number of mean 1: how often one of many is drawn when as many are drawn with replacement. */
  poisson(): number {
    const unit = this.unit();
    let count = 0;
    while (unit > POISSON_AT_MOST[count]!) count++;
    return count;
  }
}

/** The member of an input by which a client asks for other draws. */
export function seedField() {
  return z.int().min(0).max(2 ** 32 - 1).default(0)
    .describe("Another seed gives an independent result");
}

/** The probability that a Poisson number of mean 1 is at most 0, 1, 2 …; the last is 1 in double precision. */
const POISSON_AT_MOST = cumulate();

function cumulate(): Float64Array {
  const atMost = new Float64Array(20);
  let probability = Math.exp(-1);
  let sum = 0;
  for (let count = 0; count < atMost.length; count++) {
    sum += probability;
    atMost[count] = sum;
    probability /= count + 1;
  }
  atMost[atMost.length - 1] = 1;
  return atMost;
}

/** FNV-1a over the UTF-16 units, salted so that one text gives several words. */
function hash(text: string, salt: number): number {
  let word = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i++) word = Math.imul(word ^ text.charCodeAt(i), 0x01000193);
  return word;
}
