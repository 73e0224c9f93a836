// The Web Worker that owns the file: its writer, or a reader beside it, so that no read waits for an fsync. It
// answers one message at a time; sqlite-lane.ts is the other side.
//
// W1. A group of batches is one transaction. A batch that cannot be done ends it: those before it are done, those
//     behind it are not (K3).
// W2. A fault of the disk or the file is answered. Anything else that is thrown is a bug, and ends the thread.

import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { assert, unreachable } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Bytes, Row, WriteBatch } from "./kv.ts";
import {
  emptyLog,
  faultOf,
  FileError,
  fileSize,
  isFull,
  limitGrowth,
  openReader,
  openWriter,
} from "./sqlite-file.ts";
import {
  COUNT_MAX,
  type Fault,
  type FileSettings,
  type FromThread,
  type ListRead,
  type Opening,
  Packer,
  packValue,
  type Read,
  type ToThread,
  unpackBatch,
  Unpacker,
  unpackRead,
} from "./sqlite-message.ts";

/** Snapshots that may be open at a time: each is a connection of its own. */
const SNAPSHOTS_MAX = 16;

/** How long what is known of the disk's room may be old, in ms. */
const ROOM_MS_MAX = 60_000;

type Owner = { answer(calls: Unpacker, count: number): ArrayBuffer; close(): void };

let owner: Owner | null = null;

self.onmessage = ({ data }: MessageEvent<ToThread>) => {
  const answer = answerTo(data);
  self.postMessage(answer, { transfer: answer.type === "answers" ? [answer.packed] : [] });
};

function answerTo(message: ToThread): FromThread {
  switch (message.type) {
    case "open":
      try {
        owner = message.role === "writer"
          ? new Writer(message, systemClock())
          : new Reader(message.settings);
        return { type: "done" };
      } catch (error) {
        return { type: "failed", fault: faultOf(error, "Cannot open the store") };
      }
    case "calls":
      assert(owner, "a thread is opened before it is called");
      return { type: "answers", packed: owner.answer(new Unpacker(message.packed), message.count) };
    case "close":
      owner?.close();
      owner = null;
      return { type: "done" };
    default:
      return unreachable(message);
  }
}

class Writer implements Owner {
  readonly #settings: FileSettings;
  readonly #clock: Clock;
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #clear: StatementSync;
  #roomIsKnownUntil = 0;

  constructor({ settings, isFirst }: Opening, clock: Clock) {
    const db = openWriter(settings, isFirst);
    this.#settings = settings;
    this.#clock = clock;
    this.#db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
    this.#get = db.prepare("SELECT value FROM rows WHERE key = ?");
    this.#put = db.prepare(
      "INSERT INTO rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    this.#delete = db.prepare("DELETE FROM rows WHERE key = ?");
    this.#clear = db.prepare("DELETE FROM rows WHERE key >= ? AND key < ?");
  }

  answer(calls: Unpacker, count: number): ArrayBuffer {
    const batches = Array.from({ length: count }, () => unpackBatch(calls));
    const { done, fault } = this.#write(batches);
    const packer = new Packer(256 + 4 * count);
    for (let i = 0; i < count; i++) {
      packer.number(i < done ? 1 : 0);
      if (i < done) continue;
      assert(fault, "a batch that is not done has a fault");
      packer.fault(i === done || fault.code === "unavailable" ? fault : BEHIND);
    }
    return packer.finish();
  }

  close(): void {
    this.#db.close();
  }

  /** Writes batches in one transaction (W1); answers how many are done, and why the next one is not. */
  #write(batches: readonly Required<WriteBatch>[]): { done: number; fault: Fault | null } {
    let done = 0;
    try {
      this.#learnRoom();
      this.#begin.run();
      for (; done < batches.length && this.#holds(batches[done]!); done++) {
        this.#apply(batches[done]!);
      }
      this.#commit.run();
      return { done, fault: done < batches.length ? UNMET : null };
    } catch (error) {
      if (this.#db.isTransaction) this.#rollback.run();
      const fault = faultOf(error, "Cannot commit");
      this.#roomIsKnownUntil = 0; // Whoever comes next asks whether there is room again.
      const canDoSome = isFull(error) && done > 0 && done < batches.length;
      return { done: canDoSome ? this.#write(batches.slice(0, done)).done : 0, fault };
    }
  }

  #holds({ preconditions }: Required<WriteBatch>): boolean {
    return preconditions.every(({ key, value }) => {
      const current = valueOf(this.#get.get(key));
      if (value === null || current === null) return value === current;
      return compareBytes(current, value) === 0;
    });
  }

  #apply({ clears, deletes, puts }: Required<WriteBatch>): void {
    for (const { from, to } of clears) this.#clear.run(from, to);
    for (const key of deletes) this.#delete.run(key);
    for (const { key, value } of puts) this.#put.run(key, value);
  }

  #learnRoom(): void {
    const now = this.#clock.now().mono;
    if (now < this.#roomIsKnownUntil) return;
    emptyLog(this.#db);
    limitGrowth(this.#db, this.#settings);
    this.#roomIsKnownUntil = now + ROOM_MS_MAX;
  }
}

/** One connection to read from: the newest rows, or those of a snapshot. */
type View = {
  readonly db: DatabaseSync;
  readonly get: StatementSync;
  readonly list: StatementSync;
  readonly listReverse: StatementSync;
};

class Reader implements Owner {
  readonly #settings: FileSettings;
  /** By the number of the snapshot; 0 is no snapshot. */
  readonly #views = new Map<number, View>();

  constructor(settings: FileSettings) {
    this.#settings = settings;
    this.#views.set(0, openView(settings));
  }

  answer(calls: Unpacker, count: number): ArrayBuffer {
    const packer = new Packer(4_096);
    for (let i = 0; i < count; i++) {
      try {
        const pack = this.#read(unpackRead(calls));
        packer.number(1);
        pack(packer);
      } catch (error) {
        packer.number(0);
        packer.fault(faultOf(error, "Cannot read the store"));
      }
    }
    return packer.finish();
  }

  close(): void {
    for (const { db } of this.#views.values()) db.close();
    this.#views.clear();
  }

  /** Reads; answers how to pack what was read. */
  #read(read: Read): (packer: Packer) => void {
    switch (read.type) {
      case "get":
        return getMany(this.#view(read.snapshot), read.keys);
      case "list":
        return list(this.#view(read.snapshot), read);
      case "size": {
        const { bytes, freeBytes } = fileSize(this.#view(0).db, this.#settings);
        return (packer) => {
          packer.size(bytes);
          packer.size(freeBytes ?? -1);
        };
      }
      case "open-snapshot":
        this.#openSnapshot(read.snapshot);
        return packNothing;
      case "close-snapshot":
        this.#views.get(read.snapshot)?.db.close();
        this.#views.delete(read.snapshot);
        return packNothing;
      default:
        return unreachable(read);
    }
  }

  #view(snapshot: number): View {
    const view = this.#views.get(snapshot);
    if (!view) throw new FileError("the snapshot is lost");
    return view;
  }

  #openSnapshot(snapshot: number): void {
    if (this.#views.size > SNAPSHOTS_MAX) {
      throw new FileError(`${SNAPSHOTS_MAX} snapshots are open already`);
    }
    const view = openView(this.#settings);
    view.db.prepare("BEGIN").run();
    view.get.get(new Uint8Array(0)); // The first read of a transaction fixes what it sees.
    this.#views.set(snapshot, view);
  }
}

function openView(settings: FileSettings): View {
  const db = openReader(settings);
  const select = "SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key";
  return {
    db,
    get: db.prepare("SELECT value FROM rows WHERE key = ?"),
    list: db.prepare(`${select} LIMIT ?`),
    listReverse: db.prepare(`${select} DESC LIMIT ?`),
  };
}

function getMany({ get }: View, keys: readonly Bytes[]): (packer: Packer) => void {
  const values = keys.map((key) => valueOf(get.get(key)));
  return (packer) => {
    for (const value of values) packValue(packer, value);
  };
}

function list(view: View, read: ListRead): (packer: Packer) => void {
  const rows = listRows(view, read);
  return (packer) => {
    packer.number(rows.length);
    for (const { key, value } of rows) {
      packer.bytes(key);
      packer.bytes(value);
    }
  };
}

/** Rows up to a bound of bytes, a few at a time. Not by `iterate`: in Deno 2.9 that ends at damage as if nothing followed. */
function listRows(view: View, { range, limit, bytesMax, reverse }: ListRead): readonly Row[] {
  const statement = reverse ? view.listReverse : view.list;
  const rows: Row[] = [];
  let { from, to } = range;
  let bytes = 0;
  // The first row tells how many more there is room for, if they are alike.
  let count = bytesMax === COUNT_MAX ? limit : Math.min(limit, 1);
  while (count > 0) {
    const found = statement.all(from, to, count);
    for (const row of found) {
      const [key, value] = [row["key"] as Bytes, row["value"] as Bytes];
      rows.push({ key, value });
      bytes += key.length + value.length;
      if (bytes >= bytesMax) return rows;
    }
    if (found.length < count) return rows;
    const last = rows.at(-1)!.key;
    if (reverse) to = last;
    else from = new Uint8Array([...last, 0]);
    const room = Math.floor((bytesMax - bytes) / (bytes / rows.length));
    count = Math.min(limit - rows.length, Math.max(1, room));
  }
  return rows;
}

function packNothing(): void {}

function valueOf(row: Record<string, SQLOutputValue> | undefined): Bytes | null {
  return row ? row["value"] as Bytes : null;
}

const UNMET: Fault = {
  code: "precondition",
  message: "Cannot commit: a precondition does not hold",
};

const BEHIND: Fault = { code: "unavailable", message: "Cannot commit: an earlier batch failed" };
