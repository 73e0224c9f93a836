// The store in a file: SQLite through `node:sqlite`, which both runtimes have. The file belongs to two threads, one
// that writes and one that reads (sqlite-lane.ts, sqlite-thread.ts); here are the calls of the KV, and the lock.
//
// L1. One server a file: a second file beside it is locked as long as the store is open. So the file itself can
//     have a writer and a reader, and a thread that died leaves no lock behind.

import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Clock, systemClock } from "../base/clock.ts";
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
import { LIST_LIMIT } from "./ordered-map.ts";
import { faultOf, FileError, isBusy } from "./sqlite-file.ts";
import { Lane } from "./sqlite-lane.ts";
import {
  batchBytes,
  COUNT_MAX,
  packBatch,
  type Packer,
  packRead,
  type Read,
  readBytes,
  type Role,
  type Unpacker,
  unpackMany,
  unpackValue,
} from "./sqlite-message.ts";

/** How a store is opened. */
export interface StoreOptions {
  /**
   * What a resolved commit of the file backend survives: `full`, a power cut; `normal`, the end of the process but
   * not a power cut, which may cost the last commits (never one from between). Default `full`.
   */
  readonly durability?: "full" | "normal";
  /** Bytes beyond which the file does not grow; deletes go on there. Default: what the disk has room for. */
  readonly fileBytesMax?: number;
  /** Times the calls of the file backend. Default: the system's clock. */
  readonly clock?: Clock;
}

/** How long a snapshot may be open, in ms: it keeps the log from being copied into the file, which grows meanwhile. */
export const SNAPSHOT_MS_MAX = 10 * 60_000;

/** Opens the store in a file, which is made if it is not there. `spawn` is for tests. @throws {StoreError} */
export async function openSqlite(
  path: string,
  options: StoreOptions = {},
  spawn: () => Worker = spawnThread,
): Promise<KV> {
  const { durability = "full", fileBytesMax = null, clock = systemClock() } = options;
  const { file, release } = claimFile(path);
  const settings = { path: file, durability, bytesMax: fileBytesMax };
  const lane = (role: Role) => new Lane({ role, settings, clock, spawn });
  const [writer, reader] = [lane("writer"), lane("reader")];
  try {
    await writer.open();
    await reader.open();
  } catch (error) {
    await writer.close().finally(release);
    throw error;
  }
  return new SqliteStore({ writer, reader, clock, release });
}

/** Starts a thread for a file. */
export function spawnThread(): Worker {
  // A compiled package has only the .js, and compilers leave this name alone.
  const file = import.meta.url.endsWith(".ts") ? "./sqlite-thread.ts" : "./sqlite-thread.js";
  return new Worker(new URL(file, import.meta.url), { type: "module" });
}

/** The file's true path, so that all its names have one lock (L1), and what lets go of the lock. */
function claimFile(path: string): { file: string; release: () => void } {
  try {
    const file = truePath(resolve(path));
    return { file, release: lock(`${file}-lock`) };
  } catch (error) {
    const { code, message } = faultOf(error, "Cannot open the store");
    throw new StoreError(code, message);
  }
}

function truePath(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new FileError("it is a folder, wanted a file");
  if (found) return realpathSync(path);
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })) throw new FileError("its folder is not there");
  return join(realpathSync(folder), basename(path));
}

/** A connection that nobody refers to is collected and closed, and its lock goes with it. */
const locks = new Set<DatabaseSync>();

/** Takes a lock that ends with the process at the latest, and of which nothing is ever written to the disk. */
function lock(path: string): () => void {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.prepare("BEGIN EXCLUSIVE").run();
  } catch (error) {
    db.close();
    if (isBusy(error)) throw new FileError("another server has it open");
    throw error;
  }
  locks.add(db);
  return () => {
    locks.delete(db);
    db.close();
  };
}

interface Parts {
  readonly writer: Lane;
  readonly reader: Lane;
  readonly clock: Clock;
  readonly release: () => void;
}

class SqliteStore implements KV {
  readonly #parts: Parts;
  #lastSnapshot = 0;
  /** What stops the clocks of the open snapshots. */
  readonly #timers = new Set<() => void>();
  #closing: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get(key: Bytes): Promise<Bytes | null> {
    return this.#get(0, key);
  }

  getMany(keys: readonly Bytes[]): Promise<(Bytes | null)[]> {
    const read: Read = { type: "get", snapshot: 0, keys };
    return this.#ask(read, (from) => keys.map(() => unpackValue(from)));
  }

  list(range: Range, options?: ListOptions): Promise<Row[]> {
    return this.#list(0, range, options);
  }

  commit(batch: WriteBatch): Promise<void> {
    if (this.#closing) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const pack = (to: Packer) => packBatch(to, batch);
      this.#parts.writer.add({ bytes: batchBytes(batch), pack, resolve: () => resolve(), reject });
    });
  }

  async snapshot(): Promise<Snapshot> {
    const number = ++this.#lastSnapshot;
    await this.#ask({ type: "open-snapshot", snapshot: number }, () => {});
    if (this.#closing) throw closedError();
    let refusal: StoreError | null = null;
    const end = async (why: string) => {
      if (refusal) return;
      refusal = new StoreError("closed", `Cannot read a snapshot: ${why}`);
      cancel();
      this.#timers.delete(cancel);
      if (!this.#closing) await this.#forget(number);
    };
    const { clock } = this.#parts;
    const until = clock.now().mono + SNAPSHOT_MS_MAX;
    const cancel = clock.timer(until, () => end("it was open for too long"));
    this.#timers.add(cancel);
    const read = <T>(answer: () => Promise<T>) => refusal ? Promise.reject(refusal) : answer();
    return {
      get: (key) => read(() => this.#get(number, key)),
      list: (range, options) => read(() => this.#list(number, range, options)),
      close: () => end("it is closed"),
    };
  }

  size(): Promise<{ bytes: number; freeBytes: number | null }> {
    return this.#ask({ type: "size" }, (from) => {
      const [bytes, free] = [from.size(), from.size()];
      return { bytes, freeBytes: free < 0 ? null : free };
    });
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    try {
      // The writer goes last: the last connection copies the log into the file, which a reader cannot.
      await this.#parts.reader.close();
      await this.#parts.writer.close();
    } finally {
      this.#parts.release();
    }
  }

  #get(snapshot: number, key: Bytes): Promise<Bytes | null> {
    return this.#ask({ type: "get", snapshot, keys: [key] }, unpackValue);
  }

  #list(snapshot: number, range: Range, options: ListOptions = {}): Promise<Row[]> {
    const { limit = LIST_LIMIT, bytesMax = COUNT_MAX, reverse = false } = options;
    const bounds = { limit: Math.min(limit, COUNT_MAX), bytesMax: Math.min(bytesMax, COUNT_MAX) };
    return this.#ask(
      { type: "list", snapshot, range, ...bounds, reverse },
      (from) =>
        unpackMany(from, () => {
          const key = from.copy();
          return { key, value: from.copy() };
        }),
    );
  }

  async #forget(snapshot: number): Promise<void> {
    try {
      await this.#ask({ type: "close-snapshot", snapshot }, () => {});
    } catch (error) {
      // A thread that is lost has lost its snapshots, too: nothing is left to close.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #ask<T>(read: Read, unpack: (from: Unpacker) => T): Promise<T> {
    if (this.#closing) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const pack = (to: Packer) => packRead(to, read);
      const take = (from: Unpacker) => resolve(unpack(from));
      this.#parts.reader.add({ bytes: readBytes(read), pack, resolve: take, reject });
    });
  }
}

function closedError(): StoreError {
  return new StoreError("closed", "Cannot use the store: it is closed");
}
