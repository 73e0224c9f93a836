// What the cases of the contract are written with: rows of text and numbers, and checks that name what they saw.

import { assert } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import {
  type Bytes,
  type KV,
  type Range,
  type Row,
  StoreError,
  type StoreErrorCode,
} from "./kv.ts";

/** Every row of a case. */
export const ALL: Range = { from: new Uint8Array(0), to: Uint8Array.of(255, 255, 255, 255, 255) };

const encoder = new TextEncoder();

/** Text as bytes. */
export function text(value: string): Bytes {
  return encoder.encode(value);
}

/** Four bytes that sort as the number does. */
export function number(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** The number that bytes stand for. */
export function numberOf(bytes: Bytes): number {
  return bytes.reduce((value, byte) => 256 * value + byte, 0);
}

/** A row. */
export function row(key: Bytes, value: Bytes): Row {
  return { key, value };
}

/** Commits one row of text. */
export function put(store: KV, key: string, value: string): Promise<void> {
  return store.commit({ puts: [row(text(key), text(value))], deletes: [] });
}

/** The rows of a range. */
export function within(rows: readonly Row[], { from, to }: Range): Row[] {
  return rows.filter(({ key }) => compareBytes(from, key) <= 0 && compareBytes(key, to) < 0);
}

/** Fails unless two answers are equal, bytes by what they hold. */
export function same(actual: unknown, expected: unknown, where = "here"): void {
  const [is, wanted] = [show(actual), show(expected)];
  assert(is === wanted, `the answer at ${where} is ${cut(is)}, wanted ${cut(wanted)}`);
}

/** Values as text that is equal where they are; bytes as bytes, whatever kind of array holds them. */
function show(value: unknown): string {
  return JSON.stringify(value, (_, v) => v instanceof Uint8Array ? `bytes ${v.toHex()}` : v);
}

function cut(shown: string): string {
  return shown.length > 300 ? `${shown.slice(0, 300)}… (${shown.length} characters)` : shown;
}

/** Fails unless a call is refused with this code. */
export async function rejects(call: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  const error = await call.then(() => null, (error: unknown) => error);
  assert(
    error instanceof StoreError && error.code === code,
    `the call is refused with StoreError "${code}": ${error}`,
  );
}
