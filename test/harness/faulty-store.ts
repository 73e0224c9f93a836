// A store that fails, or takes its time, when a test says so.

import {
  type Bytes,
  type KV,
  type ListOptions,
  type Range,
  type Row,
  type Snapshot,
  StoreError,
  type WriteBatch,
} from "../../src/store/kv.ts";
import { memoryStore } from "../../src/store/memory.ts";

/** Passes on to another store, unless it is told to fail or to wait. */
export class FaultyStore implements KV {
  readonly inner: KV;
  /** So many commits fail from now on; nothing of them is written. */
  failingCommits = 0;
  /** So many commits are written, and yet their answer is a failure. */
  unansweredCommits = 0;
  /** So many reads fail from now on. */
  failingReads = 0;
  /** How many commits were asked for. */
  commits = 0;
  /** With a commit, all that were asked for until it failed fail. */
  #failedUpTo = 0;
  #reads: Gate | null = null;
  #writes: Gate | null = null;

  constructor(inner: KV = memoryStore()) {
    this.inner = inner;
  }

  /** Reads answer, with what they found when they were asked, when the answer is called. */
  holdReads(): () => void {
    const gate = this.#reads = new Gate();
    return () => {
      this.#reads = null;
      gate.open();
    };
  }

  /** Commits are begun when the answer is called. */
  holdCommits(): () => void {
    const gate = this.#writes = new Gate();
    return () => {
      this.#writes = null;
      gate.open();
    };
  }

  get(key: Bytes): Promise<Bytes | null> {
    return this.#read(() => this.inner.get(key));
  }

  getMany(keys: readonly Bytes[]): Promise<(Bytes | null)[]> {
    return this.#read(() => this.inner.getMany(keys));
  }

  list(range: Range, options?: ListOptions): Promise<Row[]> {
    return this.#read(() => this.inner.list(range, options));
  }

  async commit(batch: WriteBatch): Promise<void> {
    const number = ++this.commits;
    await this.#writes?.opened;
    if (number <= this.#failedUpTo) throw failure("commit after a failure");
    if (this.failingCommits > 0) {
      this.failingCommits--;
      this.#failedUpTo = this.commits;
      throw failure("commit");
    }
    const written = this.inner.commit(batch);
    if (this.unansweredCommits > 0) {
      this.unansweredCommits--;
      this.#failedUpTo = this.commits;
      await written;
      throw failure("say whether it was written");
    }
    await written;
  }

  snapshot(): Promise<Snapshot> {
    return this.inner.snapshot();
  }

  size(): Promise<{ bytes: number; freeBytes: number | null }> {
    return this.inner.size();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    if (this.failingReads > 0) {
      this.failingReads--;
      throw failure("read");
    }
    const found = await read();
    await this.#reads?.opened;
    return found;
  }
}

function failure(act: string): StoreError {
  return new StoreError("unavailable", `Cannot ${act}: the test says so`);
}

class Gate {
  readonly #waiting = Promise.withResolvers<void>();
  readonly opened: Promise<void> = this.#waiting.promise;

  open(): void {
    this.#waiting.resolve();
  }
}
