// What the store and its SQLite threads say to each other. Calls travel in groups: one message a group, its rows
// packed into one buffer that is handed over, not copied; the thread answers each group with one message.

import { encodeUtf8 } from "../base/bytes.ts";
import type { Bytes, Precondition, Range, Row, StoreErrorCode, WriteBatch } from "./kv.ts";

/** What a thread is for. A reader sees what is committed, and never waits for the writer. */
export type Role = "writer" | "reader";

/** How a thread opens its file. */
export interface FileSettings {
  readonly path: string;
  readonly durability: "full" | "normal";
  /** Bytes beyond which the file does not grow; null: what the disk has room for. */
  readonly bytesMax: number | null;
}

/** Opens the file, for one thread. */
export interface Opening {
  readonly type: "open";
  readonly role: Role;
  readonly settings: FileSettings;
  /** Whether no thread of this store had it open before: only then may the file be made. */
  readonly isFirst: boolean;
}

/** A message to a thread. `open` comes first, and only once. */
export type ToThread =
  | Opening
  | { readonly type: "calls"; readonly count: number; readonly packed: ArrayBuffer }
  | { readonly type: "close" };

/** Why a call failed, in a form that can travel. */
export interface Fault {
  readonly code: StoreErrorCode;
  readonly message: string;
}

/** A thread's answer: of a message as a whole, or of each call of a group (packed, in their order). */
export type FromThread =
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly fault: Fault }
  | { readonly type: "answers"; readonly packed: ArrayBuffer };

/** A read, as a reader is asked for it. `snapshot` is the number of one, or 0: the newest rows. */
export type Read =
  | { readonly type: "get"; readonly snapshot: number; readonly keys: readonly Bytes[] }
  | ListRead
  | { readonly type: "open-snapshot" | "close-snapshot"; readonly snapshot: number }
  | { readonly type: "size" };

/** More rows and bytes than one answer can hold; what travels as the bound of a list that has none. */
export const COUNT_MAX = 2 ** 32 - 1;

/** A read of a range. */
export interface ListRead {
  readonly type: "list";
  readonly snapshot: number;
  readonly range: Range;
  readonly limit: number;
  readonly bytesMax: number;
  readonly reverse: boolean;
}

const READ_TYPES = ["get", "list", "open-snapshot", "close-snapshot", "size"] as const;

/** Numbers and byte strings, one after another in one buffer. */
export class Packer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  /** `bytes` is a guess of what will come; it grows. */
  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Adds a whole number below 2^32. */
  number(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  /** Adds bytes and their count. */
  bytes(value: Bytes): void {
    this.#reserve(4 + value.length);
    this.#view.setUint32(this.#length, value.length);
    this.#bytes.set(value, this.#length + 4);
    this.#length += 4 + value.length;
  }

  /** Adds a size in bytes, which may be beyond 2^32. */
  size(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  /** Adds a fault. */
  fault({ code, message }: Fault): void {
    this.bytes(encodeUtf8(code));
    this.bytes(encodeUtf8(message));
  }

  /** The buffer, to be handed over; it may be longer than what was packed. */
  finish(): ArrayBuffer {
    return this.#bytes.buffer;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const wider = new Uint8Array(2 * needed);
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }
}

/** Reads back what a `Packer` has written, in the same order. */
export class Unpacker {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  #at = 0;

  constructor(packed: ArrayBuffer) {
    this.#bytes = new Uint8Array(packed);
    this.#view = new DataView(packed);
  }

  /** The number at this place. */
  number(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  /** A view of the packed bytes. */
  view(): Bytes {
    const length = this.number();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Bytes of their own, which keep no larger buffer alive. */
  copy(): Bytes {
    const length = this.number();
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** The size at this place. */
  size(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8);
  }

  /** The fault at this place. */
  fault(): Fault {
    const code = decoder.decode(this.view()) as StoreErrorCode;
    return { code, message: decoder.decode(this.view()) };
  }
}

const decoder = new TextDecoder();

/** Packs a batch. */
export function packBatch(to: Packer, batch: WriteBatch): void {
  const { preconditions = [], clears = [], deletes, puts } = batch;
  to.number(preconditions.length);
  for (const { key, value } of preconditions) {
    to.bytes(key);
    to.number(value === null ? 0 : 1);
    if (value !== null) to.bytes(value);
  }
  to.number(clears.length);
  for (const range of clears) packRange(to, range);
  to.number(deletes.length);
  for (const key of deletes) to.bytes(key);
  to.number(puts.length);
  for (const { key, value } of puts) {
    to.bytes(key);
    to.bytes(value);
  }
}

/** A packed batch, its bytes being views. */
export function unpackBatch(from: Unpacker): Required<WriteBatch> {
  const preconditions = unpackMany(from, (): Precondition => {
    const key = from.view();
    return { key, value: from.number() === 0 ? null : from.view() };
  });
  const clears = unpackMany(from, () => unpackRange(from));
  const deletes = unpackMany(from, () => from.view());
  const puts = unpackMany(from, (): Row => {
    const key = from.view();
    return { key, value: from.view() };
  });
  return { preconditions, clears, deletes, puts };
}

/** About how many bytes a batch will be when it is packed. */
export function batchBytes({ preconditions = [], clears = [], deletes, puts }: WriteBatch): number {
  let bytes = 16;
  for (const { key, value } of preconditions) bytes += 12 + key.length + (value?.length ?? 0);
  for (const { from, to } of clears) bytes += 8 + from.length + to.length;
  for (const key of deletes) bytes += 4 + key.length;
  for (const { key, value } of puts) bytes += 8 + key.length + value.length;
  return bytes;
}

/** About how many bytes a read will be when it is packed. */
export function readBytes(read: Read): number {
  if (read.type === "list") return 32 + read.range.from.length + read.range.to.length;
  if (read.type !== "get") return 16;
  return read.keys.reduce((bytes, key) => bytes + 4 + key.length, 16);
}

/** Packs a read. */
export function packRead(to: Packer, read: Read): void {
  to.number(READ_TYPES.indexOf(read.type));
  if (read.type === "size") return;
  to.number(read.snapshot);
  if (read.type === "get") {
    to.number(read.keys.length);
    for (const key of read.keys) to.bytes(key);
  } else if (read.type === "list") {
    packRange(to, read.range);
    to.number(read.limit);
    to.number(read.bytesMax);
    to.number(read.reverse ? 1 : 0);
  }
}

/** A packed read, its bytes being views. */
export function unpackRead(from: Unpacker): Read {
  const type = READ_TYPES[from.number()]!;
  if (type === "size") return { type };
  const snapshot = from.number();
  if (type === "get") return { type, snapshot, keys: unpackMany(from, () => from.view()) };
  if (type !== "list") return { type, snapshot };
  const range = unpackRange(from);
  const limit = from.number();
  const bytesMax = from.number();
  return { type, snapshot, range, limit, bytesMax, reverse: from.number() === 1 };
}

/** Packs values that are there or not. */
export function packValue(to: Packer, value: Bytes | null): void {
  to.number(value === null ? 0 : 1);
  if (value !== null) to.bytes(value);
}

/** A packed value, copied. */
export function unpackValue(from: Unpacker): Bytes | null {
  return from.number() === 0 ? null : from.copy();
}

/** As many as the number at this place says. */
export function unpackMany<T>(from: Unpacker, unpack: () => T): T[] {
  const list: T[] = [];
  for (let left = from.number(); left > 0; left--) list.push(unpack());
  return list;
}

function packRange(to: Packer, { from, to: end }: Range): void {
  to.bytes(from);
  to.bytes(end);
}

function unpackRange(from: Unpacker): Range {
  const start = from.view();
  return { from: start, to: from.view() };
}
