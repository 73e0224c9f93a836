// The one door to everything that is kept. A backend is an ordered map from binary keys to binary values
// with atomic batches; nobody outside `store/` knows which backend is below. No method is optional.
//
// K1. Keys sort as unsigned bytes. A read sees every batch whose commit resolved before it began.
// K2. A batch is atomic: all of its operations, or none; also across a crash.
// K3. `commit` resolves once the batch is as durable as the backend promises. Batches become durable, and
//     visible, strictly in the order of the calls; so if one fails, every later one that is not yet durable
//     fails too.
// K4. The store owns nothing that it is given and keeps nothing that it hands out: callers must not change
//     an array after handing it over, and must not change what they were handed.

/** Row keys and values are bytes. */
export type Bytes = Uint8Array;

/** A half-open range of row keys: `from` ≤ key < `to`. */
export interface Range {
  readonly from: Bytes;
  readonly to: Bytes;
}

/** One row. */
export interface Row {
  readonly key: Bytes;
  readonly value: Bytes;
}

/** How to list. */
export interface ListOptions {
  /** At most so many rows; default 1,000. */
  readonly limit?: number;
  /** Ends with the row by which keys and values have so many bytes, so that there is at least one; default: no bound. */
  readonly bytesMax?: number;
  /** From the end of the range; default false. */
  readonly reverse?: boolean;
}

/** Operations that become durable together. A key may occur once. Ranges are cleared first, so that a batch may put into a range that it clears. */
export interface WriteBatch {
  /** Rows to write, replacing what is there. */
  readonly puts: readonly Row[];
  /** Row keys to remove; one that is not there is no error. */
  readonly deletes: readonly Bytes[];
  /** Ranges to empty. */
  readonly clears?: readonly Range[];
  /** What must be true, or nothing of the batch is done and `commit` rejects with `StoreError` `precondition`. */
  readonly preconditions?: readonly Precondition[];
}

/** The value a row must have; null: it must not be there. */
export interface Precondition {
  readonly key: Bytes;
  readonly value: Bytes | null;
}

/** A view that later commits do not change. Short-lived: it may hold back the backend's housekeeping. */
export interface Snapshot {
  get(key: Bytes): Promise<Bytes | null>;
  list(range: Range, options?: ListOptions): Promise<Row[]>;
  close(): Promise<void>;
}

/** The store. */
export interface KV {
  /** The value of a row, or null. */
  get(key: Bytes): Promise<Bytes | null>;
  /** The values of rows, in the order asked for. */
  getMany(keys: readonly Bytes[]): Promise<(Bytes | null)[]>;
  /** Rows of a range in key order. */
  list(range: Range, options?: ListOptions): Promise<Row[]>;
  /** Writes a batch; resolves when it is durable (K2, K3). @throws {StoreError} */
  commit(batch: WriteBatch): Promise<void>;
  /** A stable view. */
  snapshot(): Promise<Snapshot>;
  /** What it occupies and what is still free, in bytes; null where the backend cannot tell. */
  size(): Promise<{ bytes: number; freeBytes: number | null }>;
  /** Finishes what was committed and lets go of everything. May be called twice. */
  close(): Promise<void>;
}

/** Why a store call failed. `unavailable`: disk full, medium gone, outcome possibly unknown; `closed`: after `close`. */
export type StoreErrorCode = "unavailable" | "precondition" | "closed";

/** A store call that failed; its message names no path of the machine's disk. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
