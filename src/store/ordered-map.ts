// An ordered map from bytes to bytes in memory: a list of sorted blocks, each small enough that putting a row in
// its place is cheap, and the list short enough to be searched by halving. memory.ts makes a store of it.
//
// O1. Blocks are never empty; every key of a block sorts before every key of the next.
// O2. A view shares its blocks with the map: a block of an older generation is copied before it is changed.

import { compareBytes } from "../base/bytes.ts";
import type { Bytes, ListOptions, Range, Row } from "./kv.ts";

/** Rows that a list answers where no limit is given. */
export const LIST_LIMIT = 1_000;

const BLOCK_ROWS = 256;

type Block = { readonly keys: Bytes[]; readonly values: Bytes[]; readonly generation: number };

/** Reads of sorted rows. */
export interface OrderedView {
  /** The value of a key, or null. */
  get(key: Bytes): Bytes | null;
  /** Rows of a range in key order, or from its end. */
  list(range: Range, options?: ListOptions): Row[];
}

/** Sorted rows that can be changed. Keys that ascend are the fast case. */
export class OrderedMap implements OrderedView {
  readonly #blocks: Block[] = [];
  #generation = 0;
  #bytes = 0;

  /** Bytes of all keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: Bytes): Bytes | null {
    return getIn(this.#blocks, key);
  }

  list(range: Range, options?: ListOptions): Row[] {
    return listIn(this.#blocks, range, options);
  }

  /** The rows as they are now, which later changes do not alter; costs one reference a block. */
  view(): OrderedView {
    this.#generation++; // O2
    const blocks = this.#blocks.slice();
    return {
      get: (key) => getIn(blocks, key),
      list: (range, options) => listIn(blocks, range, options),
    };
  }

  /** Writes a row, replacing what is there. */
  set(key: Bytes, value: Bytes): void {
    if (this.#blocks.length === 0) this.#blocks.push(this.#newBlock([], []));
    const index = blockOf(this.#blocks, key);
    const block = this.#own(index);
    const at = lowerBound(block.keys, key);
    if (isAt(block, at, key)) {
      this.#bytes += value.length - block.values[at]!.length;
      block.values[at] = value;
      return;
    }
    this.#bytes += key.length + value.length;
    const isLast = index === this.#blocks.length - 1 && at === block.keys.length;
    if (block.keys.length < BLOCK_ROWS) {
      insert(block.keys, at, key);
      insert(block.values, at, value);
    } else if (isLast) {
      // Keys that ascend fill their blocks to the brim.
      this.#blocks.push(this.#newBlock([key], [value]));
    } else {
      const half = BLOCK_ROWS / 2;
      const upper = this.#newBlock(block.keys.splice(half), block.values.splice(half));
      this.#blocks.splice(index + 1, 0, upper);
      const [into, place] = at <= half ? [block, at] : [upper, at - half];
      insert(into.keys, place, key);
      insert(into.values, place, value);
    }
  }

  /** Removes a row, if it is there. */
  delete(key: Bytes): void {
    const index = blockOf(this.#blocks, key);
    const found = this.#blocks[index];
    if (!found) return;
    const at = lowerBound(found.keys, key);
    if (!isAt(found, at, key)) return;
    const block = this.#own(index);
    this.#bytes -= key.length + block.values[at]!.length;
    block.keys.splice(at, 1);
    block.values.splice(at, 1);
    if (block.keys.length === 0) this.#blocks.splice(index, 1); // O1
    else this.#merge(index);
  }

  /** Removes the rows of a range. */
  clear(range: Range): void {
    for (const { key } of this.list(range, { limit: Infinity })) this.delete(key);
  }

  /** Joins a block that has become small with the next, so that deletes leave no long list of crumbs. */
  #merge(index: number): void {
    const next = this.#blocks[index + 1];
    const block = this.#blocks[index]!;
    if (!next || block.keys.length + next.keys.length > BLOCK_ROWS / 2) return;
    block.keys.push(...next.keys);
    block.values.push(...next.values);
    this.#blocks.splice(index + 1, 1);
  }

  #newBlock(keys: Bytes[], values: Bytes[]): Block {
    return { keys, values, generation: this.#generation };
  }

  #own(index: number): Block {
    const block = this.#blocks[index]!;
    if (block.generation === this.#generation) return block;
    return this.#blocks[index] = this.#newBlock(block.keys.slice(), block.values.slice()); // O2
  }
}

function getIn(blocks: readonly Block[], key: Bytes): Bytes | null {
  const block = blocks[blockOf(blocks, key)];
  if (!block) return null;
  const at = lowerBound(block.keys, key);
  return isAt(block, at, key) ? block.values[at]! : null;
}

function listIn(blocks: readonly Block[], range: Range, options: ListOptions = {}): Row[] {
  const { limit = LIST_LIMIT, bytesMax = Infinity, reverse = false } = options;
  const rows: Row[] = [];
  let bytes = 0;
  const step = reverse ? -1 : 1;
  const edge = reverse ? range.to : range.from;
  let index = blockOf(blocks, edge);
  let at = index < blocks.length ? lowerBound(blocks[index]!.keys, edge) : 0;
  if (reverse) at--; // The edge itself is outside.
  for (let block = blocks[index]; block; block = blocks[index]) {
    for (; at >= 0 && at < block.keys.length; at += step) {
      const key = block.keys[at]!;
      const isPast = reverse ? compareBytes(key, range.from) < 0 : compareBytes(key, range.to) >= 0;
      if (isPast || rows.length >= limit || bytes >= bytesMax) return rows;
      const value = block.values[at]!;
      rows.push({ key, value });
      bytes += key.length + value.length;
    }
    index += step;
    at = reverse ? (blocks[index]?.keys.length ?? 0) - 1 : 0;
  }
  return rows;
}

/** The index of the block whose rows a key belongs to: the last that does not begin after it, else the first. */
function blockOf(blocks: readonly Block[], key: Bytes): number {
  let low = 0;
  let high = blocks.length - 1;
  // Newest rows have the greatest keys, and most reads and writes are of new rows.
  if (high > 0 && compareBytes(blocks[high]!.keys[0]!, key) <= 0) return high;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (compareBytes(blocks[middle]!.keys[0]!, key) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The index of the first key that does not sort before `key`. */
function lowerBound(keys: readonly Bytes[], key: Bytes): number {
  let low = 0;
  let high = keys.length;
  if (high > 0 && compareBytes(keys[high - 1]!, key) < 0) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAt(block: Block, at: number, key: Bytes): boolean {
  return at < block.keys.length && compareBytes(block.keys[at]!, key) === 0;
}

function insert(list: Bytes[], at: number, item: Bytes): void {
  if (at === list.length) list.push(item);
  else list.splice(at, 0, item);
}
