// Records that were read or written lately, decoded: what has just settled is asked for at once by those who waited for
// it, and a hit is asked for again and again.
//
// C1. What is remembered is durable: the writer tells after its commit, a reader what it has read.
// C2. A read that began before a write became durable never replaces what the writer told.

import { LRUCache } from "lru-cache";
import type { Change } from "../core/change.ts";
import type { PromiseId } from "../core/ids.ts";
import type { PromiseRecord } from "../core/promise.ts";
import type { KV } from "./kv.ts";
import { type Damaged, readPromise } from "./layout.ts";

/** What the cache may hold, in bytes. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024;
/** About what a record takes without the input and the value in it, in bytes. */
const RECORD_BYTES = 1_024;

/** A bounded memory of records. */
export class RecordCache {
  readonly #store: KV;
  readonly #records: LRUCache<PromiseId, PromiseRecord> = new LRUCache({
    maxSize: CACHE_BYTES_MAX,
    sizeCalculation: bytesOf,
  });
  /** Reads under way, each with a token that a write takes away (C2). */
  readonly #reads: Map<PromiseId, object> = new Map();

  constructor(store: KV) {
    this.#store = store;
  }

  /** A promise's record as it is stored; null if there is none. */
  async read(id: PromiseId): Promise<PromiseRecord | Damaged | null> {
    const known = this.#records.get(id);
    if (known) return known;
    const token = {};
    this.#reads.set(id, token);
    try {
      const record = await readPromise(this.#store, id);
      const isCurrent = this.#reads.get(id) === token;
      if (isCurrent && record !== null && record !== "damaged") this.#records.set(id, record);
      // A write that came in between knows better.
      return isCurrent ? record : this.#records.get(id) ?? record;
    } finally {
      if (this.#reads.get(id) === token) this.#reads.delete(id);
    }
  }

  /** Takes note of changes that have become durable (C1). */
  remember(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.type === "create" || change.type === "update") {
        this.#reads.delete(change.record.id);
        this.#records.set(change.record.id, change.record);
      } else if (change.type === "forget") {
        this.#reads.delete(change.record.id);
        this.#records.delete(change.record.id);
      }
    }
  }

  /** Forgets everything: memory is rebuilt from the store. */
  clear(): void {
    this.#reads.clear();
    this.#records.clear();
  }
}

function bytesOf({ input, life }: PromiseRecord): number {
  const value = life.state === "fulfilled" && life.result.shape === "value" && life.result.body;
  return RECORD_BYTES + (input ? input.posted.body.length + input.run.body.length : 0) +
    (value ? value.length : 0);
}
