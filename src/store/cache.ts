// Records that were read or written lately, decoded, and the small values that go with them: what has just settled is
// asked for at once by those who waited for it, and a hit is asked for again and again.
//
// C1. What is remembered is durable: the writer tells after its commit, a reader what it has read.
// C2. A read that began before a write became durable never replaces what the writer told.

import { LRUCache } from "lru-cache";
import type { Change } from "../core/change.ts";
import type { PromiseId } from "../core/ids.ts";
import type { PromiseRecord } from "../core/promise.ts";
import type { Bytes, KV } from "./kv.ts";
import { type Damaged, readPiece, readPromise } from "./layout.ts";

/** What the cache may hold, in bytes. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024;
/** Values up to this size are kept with their record, in bytes. */
const VALUE_BYTES_MAX = 16 * 1024;
/** About what a record without its value takes, in bytes. */
const RECORD_BYTES = 1_024;

interface Entry {
  readonly record: PromiseRecord;
  /** The whole of a small value; null: it is in the store. */
  readonly value: Bytes | null;
}

/** A bounded memory of records and small values. */
export class RecordCache {
  readonly #store: KV;
  readonly #entries: LRUCache<PromiseId, Entry> = new LRUCache({
    maxSize: CACHE_BYTES_MAX,
    sizeCalculation: ({ value }) => RECORD_BYTES + (value?.length ?? 0),
  });
  /** Reads under way, each with a token that a write takes away (C2). */
  readonly #reads: Map<PromiseId, object> = new Map();

  constructor(store: KV) {
    this.#store = store;
  }

  /** A promise's record as it is stored; null if there is none. */
  async record(id: PromiseId): Promise<PromiseRecord | Damaged | null> {
    const entry = this.#entries.get(id);
    if (entry) return entry.record;
    const token = {};
    this.#reads.set(id, token);
    try {
      const record = await readPromise(this.#store, id);
      const isCurrent = this.#reads.get(id) === token;
      if (isCurrent && record !== null && record !== "damaged") {
        this.#entries.set(id, { record, value: null });
      }
      // A write that came in between knows better.
      return isCurrent ? record : this.#entries.get(id)?.record ?? record;
    } finally {
      if (this.#reads.get(id) === token) this.#reads.delete(id);
    }
  }

  /** The bytes of a value from `offset` on, as `readPiece` gives them. */
  async piece(id: PromiseId, offset: number): Promise<Bytes | Damaged | null> {
    const value = this.#entries.get(id)?.value;
    if (value) return offset < value.length ? value.subarray(offset) : null;
    return await readPiece(this.#store, id, offset);
  }

  /** Takes note of changes that have become durable (C1). */
  remember(changes: readonly Change[]): void {
    for (const change of changes) {
      switch (change.type) {
        case "create":
          this.#put(change.record, null);
          break;
        case "update":
          this.#put(change.record, valueIn(changes, change.record));
          break;
        case "forget":
          this.#reads.delete(change.record.id);
          this.#entries.delete(change.record.id);
          break;
        case "item":
        case "piece":
        case "drop-pieces":
        case "kind":
        case "floor":
          break;
      }
    }
  }

  /** Forgets everything: memory is rebuilt from the store. */
  clear(): void {
    this.#reads.clear();
    this.#entries.clear();
  }

  #put(record: PromiseRecord, value: Bytes | null): void {
    this.#reads.delete(record.id);
    const known = value ?? this.#entries.peek(record.id)?.value ?? null;
    this.#entries.set(record.id, { record, value: known });
  }
}

/** The value that these changes write, if it is small and whole. */
function valueIn(changes: readonly Change[], { id, life }: PromiseRecord): Bytes | null {
  if (life.state !== "fulfilled" || life.result.shape !== "value") return null;
  const { bytes } = life.result;
  if (bytes === 0 || bytes > VALUE_BYTES_MAX) return null;
  for (const change of changes) {
    if (change.type === "piece" && change.promise === id && change.body.length === bytes) {
      return change.body;
    }
  }
  return null;
}
