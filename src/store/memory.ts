// The store in memory: for tests, and for servers whose results may die with them. Durable means here: applied.

import { compareBytes } from "../base/bytes.ts";
import {
  type Bytes,
  type KV,
  type ListOptions,
  type Range,
  type Row,
  type Snapshot,
  StoreError,
  type WriteBatch,
} from "./kv.ts";
import { OrderedMap, type OrderedView } from "./ordered-map.ts";

/** An empty store that lives as long as the program. */
export function memoryStore(): KV {
  return new MemoryStore();
}

type Waiting = {
  readonly batch: WriteBatch;
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
};

class MemoryStore implements KV {
  #rows: OrderedMap = new OrderedMap();
  #waiting: Waiting[] = [];
  #isOpen = true;

  get(key: Bytes): Promise<Bytes | null> {
    return this.#read((rows) => rows.get(key));
  }

  getMany(keys: readonly Bytes[]): Promise<(Bytes | null)[]> {
    return this.#read((rows) => keys.map((key) => rows.get(key)));
  }

  list(range: Range, options?: ListOptions): Promise<Row[]> {
    return this.#read((rows) => rows.list(range, options));
  }

  commit(batch: WriteBatch): Promise<void> {
    if (!this.#isOpen) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ batch, resolve, reject }) === 1) queueMicrotask(() => this.#flush());
    });
  }

  snapshot(): Promise<Snapshot> {
    return this.#read((rows) => {
      let view: OrderedView | null = rows.view();
      const read = <T>(answer: (view: OrderedView) => T) =>
        this.#read(() => {
          if (!view) throw new StoreError("closed", "Cannot read a snapshot: it is closed");
          return answer(view);
        });
      return {
        get: (key) => read((view) => view.get(key)),
        list: (range, options) => read((view) => view.list(range, options)),
        close() {
          view = null;
          return Promise.resolve();
        },
      };
    });
  }

  size(): Promise<{ bytes: number; freeBytes: number | null }> {
    return this.#read((rows) => ({ bytes: rows.bytes, freeBytes: null }));
  }

  close(): Promise<void> {
    this.#flush();
    this.#isOpen = false;
    this.#rows = new OrderedMap();
    return Promise.resolve();
  }

  #read<T>(answer: (rows: OrderedMap) => T): Promise<T> {
    return Promise.try(() => {
      if (!this.#isOpen) throw closedError();
      return answer(this.#rows);
    });
  }

  /** Applies what waits, in order; after a batch that fails, the rest of them fail (K3). */
  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let failure: StoreError | null = null;
    for (const { batch, resolve, reject } of waiting) {
      if (failure) {
        reject(
          new StoreError("unavailable", "Cannot commit: an earlier batch failed", {
            cause: failure,
          }),
        );
      } else if (holds(this.#rows, batch)) {
        for (const range of batch.clears ?? []) this.#rows.clear(range);
        for (const key of batch.deletes) this.#rows.delete(key);
        for (const { key, value } of batch.puts) this.#rows.set(key, value);
        resolve();
      } else {
        failure = new StoreError("precondition", "Cannot commit: a precondition does not hold");
        reject(failure);
      }
    }
  }
}

function holds(rows: OrderedMap, batch: WriteBatch): boolean {
  return (batch.preconditions ?? []).every(({ key, value }) => {
    const current = rows.get(key);
    if (value === null || current === null) return value === current;
    return compareBytes(current, value) === 0;
  });
}

function closedError(): StoreError {
  return new StoreError("closed", "Cannot use the store: it is closed");
}
