// Every row and index: the one file that says what lives where.
//
//   ("q", id)              a pending promise's record: what a start must read
//   ("p", id)              a settled promise's record; ids ascend with time, and so do these rows
//   ("d", id, "i")         its input, unless that is small and in the record
//   ("d", id, "t", seq)    item seq: type, bytes
//   ("d", id, "v", offset) a piece of its one value, from that byte on, at most PIECE_BYTES_MAX, unless that is in the record
//   ("k", key, id)         its key; the greatest id is the key's current promise
//   ("x", expiresAt, id)   when a settled promise goes
//   ("n", kind)            what is known of a kind
//   ("m", "floor")         the greatest id of what has been forgotten
//   ("m", "probe")         nothing: written to see whether the store takes anything
//
// Every value is sealed (record.ts) under its row key, but for those of indexes, which are empty. A promise has its key
// row from its first batch to its last; nobody else touches it, so that looking a key up needs no lock. A record moves
// once, from "q" to "p", in one batch: who looks in that order finds it.

import type { Change } from "../core/change.ts";
import type { Content } from "../core/command.ts";
import type { JobKey, KindName, PromiseId } from "../core/ids.ts";
import type { KindRecord } from "../core/kind.ts";
import {
  isSettled,
  type JobInput,
  type PromiseRecord,
  type SettledRecord,
} from "../core/promise.ts";
import {
  decodeInput,
  decodeItem,
  decodeKind,
  decodePromise,
  encodeInput,
  encodeItem,
  encodeKind,
  encodePromise,
} from "./codec.ts";
import type { Bytes, KV, Range, Row, WriteBatch } from "./kv.ts";
import { seal, unseal } from "./record.ts";
import { decodeTuple, prefixRange, tupleKey } from "./tuple.ts";

/** What can be read from: the store, or a snapshot of it. */
export type Reader = Pick<KV, "get" | "getMany" | "list">;

/** Largest row of a value's bytes. */
export const PIECE_BYTES_MAX = 1024 * 1024;

/** A row that is there but cannot be believed. */
export type Damaged = "damaged";

/** The writes that a step's changes amount to. */
export function toBatch(changes: readonly Change[]): WriteBatch {
  const puts: Row[] = [];
  const deletes: Bytes[] = [];
  const clears: Range[] = [];
  for (const change of changes) {
    switch (change.type) {
      case "create":
        putCreated(puts, change);
        break;
      case "update":
        putRecord(puts, change.record);
        putSettled(puts, deletes, change);
        break;
      case "item":
        puts.push(sealed(itemKey(change.promise, change.seq), encodeItem(change.content)));
        break;
      case "piece":
        putPieces(puts, change.promise, change.offset, change.body);
        break;
      case "drop-pieces":
        clears.push(prefixRange("d", idBytes(change.promise), "v"));
        break;
      case "kind":
        puts.push(sealed(tupleKey("n", change.record.kind), encodeKind(change.record)));
        break;
      case "forget":
        forget(change.record, deletes, clears);
        break;
      case "floor":
        puts.push(sealed(FLOOR_KEY, idBytes(change.id)));
        break;
    }
  }
  return clears.length > 0 ? { puts, deletes, clears } : { puts, deletes };
}

/** A batch that says nothing, to see whether the store takes it. */
export function probeBatch(): WriteBatch {
  return { puts: [sealed(tupleKey("m", "probe"), EMPTY)], deletes: [] };
}

/** A promise's record; null if there is none. */
export async function readPromise(
  from: Reader,
  id: PromiseId,
): Promise<PromiseRecord | Damaged | null> {
  const keys = [pendingKey(id), settledKey(id)];
  const values = await from.getMany(keys);
  const at = values.findIndex((value) => value !== null);
  if (at === -1) return null;
  return parse(keys[at]!, values[at]!, (payload) => decodePromise(id, payload));
}

/** The current promise of a key; null if there is none. */
export async function readCurrent(from: Reader, key: JobKey): Promise<PromiseId | null> {
  const rows = await from.list(prefixRange("k", keyBytes(key)), { limit: 1, reverse: true });
  const row = rows[0];
  return row ? idOf(decodeTuple(row.key)[2]) : null;
}

/** A promise's input that is not in its record. */
export async function readInput(
  from: Reader,
  id: PromiseId,
): Promise<JobInput | Damaged | null> {
  const key = inputKey(id);
  const value = await from.get(key);
  return value === null ? null : parse(key, value, decodeInput);
}

/** A stored item. */
export interface ItemRow extends Content {
  readonly seq: number;
}

/** Items from `seq` on, at most `limit` of them, and no further than about `bytesMax` bytes. Stops before a damaged one, unless that is the first. */
export async function readItems(
  from: Reader,
  id: PromiseId,
  { seq, limit, bytesMax }: { seq: number; limit: number; bytesMax?: number },
): Promise<readonly ItemRow[] | Damaged> {
  const range = { from: itemKey(id, seq), to: itemKey(id, seq + limit) };
  const rows = await from.list(range, { limit, ...(bytesMax !== undefined && { bytesMax }) });
  const items: ItemRow[] = [];
  for (const row of rows) {
    const item = parse(row.key, row.value, decodeItem);
    if (item === "damaged") return items.length > 0 ? items : "damaged";
    items.push({ seq: seq + items.length, ...item });
  }
  return items;
}

/** Bytes of a value from `offset` on: the rest of the piece that holds it; null beyond the end. */
export async function readPiece(
  from: Reader,
  id: PromiseId,
  offset: number,
): Promise<Bytes | Damaged | null> {
  const range = { from: pieceKey(id, 0), to: pieceKey(id, offset + 1) };
  const [row] = await from.list(range, { limit: 1, reverse: true });
  if (!row) return null;
  const piece = unseal(row.value, row.key);
  if (piece === "damaged") return piece;
  const start = decodeTuple(row.key)[3] as number;
  return offset - start < piece.length ? piece.subarray(offset - start) : null;
}

/** A record of a list, or the id of one that is damaged. */
export type Listed = PromiseRecord | { readonly damaged: PromiseId };

/** Where a list goes on, which way, and how far. */
export interface ListPlace {
  readonly after: PromiseId | null;
  readonly order: "newest" | "oldest";
  readonly limit: number;
}

/** Records by time of creation, from one on (exclusive). */
export async function listPromises(from: Reader, place: ListPlace): Promise<readonly Listed[]> {
  // In this order, or a record that settles in between would be in neither.
  const pending = await listRecords(from, PENDING, place);
  const settled = await listRecords(from, SETTLED, place);
  const all = new Map([...pending, ...settled].map((listed) => [idOfListed(listed), listed]));
  const sign = place.order === "newest" ? -1 : 1;
  return [...all].sort(([a], [b]) => a < b ? -sign : sign)
    .slice(0, place.limit).map(([, listed]) => listed);
}

/** Pending records in the order of their creation, from one on (exclusive). */
export function listPending(
  from: Reader,
  { after, limit }: Omit<ListPlace, "order">,
): Promise<readonly Listed[]> {
  return listRecords(from, PENDING, { after, limit, order: "oldest" });
}

async function listRecords(
  from: Reader,
  prefix: string,
  { after, order, limit }: ListPlace,
): Promise<readonly Listed[]> {
  const all = prefixRange(prefix);
  const at = after === null ? null : tupleKey(prefix, idBytes(after));
  const range = at === null
    ? all
    : order === "newest"
    ? { from: all.from, to: at }
    : { from: new Uint8Array([...at, 0]), to: all.to };
  const rows = await from.list(range, { limit, reverse: order === "newest" });
  return rows.map((row) => {
    const id = idOf(decodeTuple(row.key)[1])!;
    const record = parse(row.key, row.value, (payload) => decodePromise(id, payload));
    return record === "damaged" ? { damaged: id } : record;
  });
}

function idOfListed(listed: Listed): PromiseId {
  return "damaged" in listed ? listed.damaged : listed.id;
}

/** The greatest id that the store knows of; null if it never had one. */
export async function readLastId(from: Reader): Promise<PromiseId | null> {
  const ids: PromiseId[] = [];
  for (const prefix of [PENDING, SETTLED]) {
    const [row] = await from.list(prefixRange(prefix), { limit: 1, reverse: true });
    const id = row ? idOf(decodeTuple(row.key)[1]) : null;
    if (id !== null) ids.push(id);
  }
  const floor = await from.get(FLOOR_KEY);
  const forgotten = floor === null ? null : idOf(unseal(floor, FLOOR_KEY));
  if (forgotten !== null) ids.push(forgotten);
  return ids.sort().at(-1) ?? null;
}

/** A settled promise and when it goes. */
export interface Expiring {
  readonly id: PromiseId;
  readonly expiresAt: number;
}

/** Settled promises whose time has come, the earliest first, from one on (exclusive). */
export async function listExpired(
  from: Reader,
  { until, after, limit }: { until: number; after: Expiring | null; limit: number },
): Promise<Expiring[]> {
  const start = after === null
    ? prefixRange("x").from
    : new Uint8Array([...expiryKey(after.expiresAt, after.id), 0]);
  const range = { from: start, to: tupleKey("x", until) };
  const rows = await from.list(range, { limit });
  return rows.map((row) => {
    const [, expiresAt, id] = decodeTuple(row.key);
    return { id: idOf(id)!, expiresAt: expiresAt as number };
  });
}

/** When the first settled promise goes; null if there is none. */
export async function readNextExpiry(from: Reader): Promise<number | null> {
  const [row] = await from.list(prefixRange("x"), { limit: 1 });
  return row ? decodeTuple(row.key)[1] as number : null;
}

/** Everything known of kinds; those that are damaged are left out and counted. */
export async function readKinds(from: Reader): Promise<{ kinds: KindRecord[]; damaged: number }> {
  const kinds: KindRecord[] = [];
  let damaged = 0;
  const range = prefixRange("n");
  let start = range.from;
  for (;;) {
    const rows = await from.list({ from: start, to: range.to }, { limit: 1_000 });
    for (const row of rows) {
      const kind = parse(row.key, row.value, decodeKind);
      if (kind === "damaged") damaged++;
      else kinds.push(kind);
    }
    const last = rows.at(-1);
    if (!last || rows.length < 1_000) return { kinds, damaged };
    start = new Uint8Array([...last.key, 0]);
  }
}

/** The row of what is known of a kind. */
export function kindKey(kind: KindName): Bytes {
  return tupleKey("n", kind);
}

function putCreated(
  puts: Row[],
  { record, input }: Extract<Change, { type: "create" }>,
): void {
  putRecord(puts, record);
  if (record.input === null) puts.push(sealed(inputKey(record.id), encodeInput(input)));
  puts.push({ key: currentKey(record), value: EMPTY });
}

function putRecord(puts: Row[], record: PromiseRecord): void {
  const key = isSettled(record) ? settledKey(record.id) : pendingKey(record.id);
  puts.push(sealed(key, encodePromise(record)));
}

/** A record that has settled moves, and is listed by when it goes. */
function putSettled(
  puts: Row[],
  deletes: Bytes[],
  { record, was }: Extract<Change, { type: "update" }>,
): void {
  if (!isSettled(record)) return;
  const key = expiryKey(record.life.expiresAt, record.id);
  if (isSettled(was)) {
    if (was.life.expiresAt === record.life.expiresAt) return;
    deletes.push(expiryKey(was.life.expiresAt, was.id));
  } else {
    deletes.push(pendingKey(record.id));
  }
  puts.push({ key, value: EMPTY });
}

function putPieces(puts: Row[], id: PromiseId, offset: number, body: Bytes): void {
  for (let at = 0; at < body.length || at === 0; at += PIECE_BYTES_MAX) {
    puts.push(sealed(pieceKey(id, offset + at), body.subarray(at, at + PIECE_BYTES_MAX)));
  }
}

const FLOOR_KEY = tupleKey("m", "floor");

function forget(record: SettledRecord, deletes: Bytes[], clears: Range[]): void {
  const { id, life } = record;
  deletes.push(settledKey(id), currentKey(record), expiryKey(life.expiresAt, id));
  clears.push(prefixRange("d", idBytes(record.id)));
}

const EMPTY: Bytes = new Uint8Array(0);

function sealed(key: Bytes, payload: Bytes): Row {
  return { key, value: seal(payload, key) };
}

function parse<T>(key: Bytes, value: Bytes, decode: (payload: Bytes) => T | null): T | Damaged {
  const payload = unseal(value, key);
  if (payload === "damaged") return payload;
  return decode(payload) ?? "damaged";
}

function pendingKey(id: PromiseId): Bytes {
  return tupleKey(PENDING, idBytes(id));
}

function settledKey(id: PromiseId): Bytes {
  return tupleKey(SETTLED, idBytes(id));
}

const PENDING = "q";
const SETTLED = "p";

function inputKey(id: PromiseId): Bytes {
  return tupleKey("d", idBytes(id), "i");
}

function itemKey(id: PromiseId, seq: number): Bytes {
  return tupleKey("d", idBytes(id), "t", seq);
}

function pieceKey(id: PromiseId, offset: number): Bytes {
  return tupleKey("d", idBytes(id), "v", offset);
}

function currentKey(record: PromiseRecord): Bytes {
  return tupleKey("k", keyBytes(record.key), idBytes(record.id));
}

function expiryKey(expiresAt: number, id: PromiseId): Bytes {
  return tupleKey("x", expiresAt, idBytes(id));
}

/** The 16 bytes of an id's text, by hand: it is done for every row. */
function idBytes(id: PromiseId): Bytes {
  const bytes = new Uint8Array(16);
  let at = 0;
  for (let i = 0; i < 36; i += 2) {
    if (i === 8 || i === 13 || i === 18 || i === 23) i++;
    bytes[at++] = (digit(id.charCodeAt(i)) << 4) | digit(id.charCodeAt(i + 1));
  }
  return bytes;
}

function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}

function idOf(part: unknown): PromiseId | null {
  if (!(part instanceof Uint8Array) || part.length !== 16) return null;
  const hex = part.toHex();
  const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}`;
  return `${text}-${hex.slice(20)}` as PromiseId;
}

function keyBytes(key: JobKey): Bytes {
  return Uint8Array.fromHex(key.slice("sha256:".length));
}
