// One value: its bytes as stored, whole or a range of them, piece by piece, so that a large one never stands in
// memory.

import { scanJson } from "../base/json.ts";
import { finishInTurns, turns } from "../base/steps.ts";
import type { PromiseId } from "../core/ids.ts";
import { NESTING_MAX } from "../core/limits.ts";
import { HeartyError, refuse } from "../core/problem.ts";
import type { PromiseRecord } from "../core/promise.ts";
import type { KV } from "../store/kv.ts";
import { readPiece } from "../store/layout.ts";
import { isJson } from "../wire/media.ts";
import type { StoredItem } from "../wire/records.ts";
import type { Source } from "./source.ts";

/** Larger values that came in chunks, in bytes, are not read through to see whether they are JSON. */
const PROVEN_BYTES_MAX = 64 * 1024 * 1024;

/** The length of a promise's one value. @throws {TypeError} if it has none. */
export function valueBytes({ life }: PromiseRecord): number {
  if (life.state !== "fulfilled" || life.result.shape !== "value") {
    throw new TypeError("The promise has no value");
  }
  return life.result.bytes;
}

/** The whole value in memory. @throws {HeartyError} `damaged` */
export async function readWhole(store: KV, record: PromiseRecord): Promise<Uint8Array> {
  const size = valueBytes(record);
  const { life } = record;
  if (life.state === "fulfilled" && life.result.shape === "value" && life.result.body) {
    return life.result.body;
  }
  const first = size === 0 ? new Uint8Array(0) : await pieceAt(store, record.id, 0);
  if (first.length === size) return first;
  const whole = new Uint8Array(size);
  for await (const { offset, bytes } of pieces(store, record.id, { start: 0, end: size - 1 })) {
    whole.set(bytes, offset);
  }
  return whole;
}

/** The one value as the only item of a stream. @throws {HeartyError} `damaged` */
export async function valueItem(source: Source, record: PromiseRecord): Promise<StoredItem> {
  const { life, chunks } = record;
  const body = await readWhole(source.store, record);
  const type = life.state === "fulfilled" && life.result.shape === "value" ? life.result.type : "";
  // Chunks are not checked as they come; what will stand inside other JSON must be JSON.
  const isFalseJson = chunks > 0 && isJson(type) && !await isJsonText(source, body);
  return { seq: 0, type, body, ...(isFalseJson && { isFalseJson }) };
}

async function isJsonText({ clock }: Source, body: Uint8Array): Promise<boolean> {
  if (body.length > PROVEN_BYTES_MAX) return false;
  const scan = await finishInTurns(scanJson(body, NESTING_MAX), turns(clock));
  return !("message" in scan);
}

/** The bytes from `start` to `end`, both included, as a stream that reads when it is asked to. */
export function valueStream(
  store: KV,
  id: PromiseId,
  range: { readonly start: number; readonly end: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = pieces(store, id, range);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await source.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value.bytes.slice());
    },
    async cancel() {
      await source.return(undefined);
    },
  }, { highWaterMark: 0 });
}

async function* pieces(
  store: KV,
  id: PromiseId,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<{ offset: number; bytes: Uint8Array }> {
  let offset = start;
  while (offset <= end) {
    const piece = await pieceAt(store, id, offset);
    const bytes = piece.subarray(0, end + 1 - offset);
    yield { offset, bytes };
    offset += bytes.length;
  }
}

async function pieceAt(store: KV, id: PromiseId, offset: number): Promise<Uint8Array> {
  const piece = await readPiece(store, id, offset);
  if (piece !== null && piece !== "damaged") return piece;
  const detail = `Cannot read the result of promise "${id}": it is damaged at byte ${offset}`;
  throw new HeartyError(refuse("damaged", { detail }));
}
