// MessagePack, with the function names of @std/msgpack over the package @msgpack/msgpack, which believes what it reads:
// so everything is checked before it is decoded.

import { decode as decodeLoosely, Encoder } from "@msgpack/msgpack";
import { MessagePackError, PackedReader } from "./packed-reader.ts";

export { MessagePackError } from "./packed-reader.ts";

/** A value as MessagePack. Members that are undefined are left out; a bigint takes 64 bits. */
export function encode(value: unknown): Uint8Array {
  return encoder.encode(value);
}

/**
 * The value of bytes that `encode` made and that nobody has changed since: our own records, behind their checksum.
 * @throws {Error} if they are no MessagePack after all.
 */
export function decodeTrusted(bytes: Uint8Array): unknown {
  return decodeLoosely(bytes);
}

/**
 * The value of MessagePack bytes. An integer beyond 2^53 is a bigint, every other one a number. Byte strings are views
 * of `bytes`.
 * @throws {MessagePackError} if the bytes are not exactly one value, its texts are no UTF-8, or it is nested too deeply.
 */
export function decode(bytes: Uint8Array): unknown {
  const hasBigIntegers = check(bytes);
  try {
    const value = decodeLoosely(bytes, { useBigInt64: hasBigIntegers });
    return hasBigIntegers ? narrowIntegers(value) : value;
  } catch (error) {
    // What is left are names of members that no JavaScript object can have.
    throw new MessagePackError(error instanceof Error ? error.message : String(error));
  }
}

/** How deep values may be nested, beyond what any input may: a frame or record lies around it. */
const DEPTH_MAX = 2_000;

/** One for all: making one costs as much as encoding a record does. */
const encoder = new Encoder({ ignoreUndefined: true, useBigInt64: true, maxDepth: DEPTH_MAX });

/** Throws unless the bytes are one value; the answer is whether it has an integer that is a bigint. */
function check(bytes: Uint8Array): boolean {
  const reader = new PackedReader(bytes);
  /** How many parts of the arrays and maps that are open are to come. */
  const open: number[] = [];
  let hasBigIntegers = false;
  do {
    reader.next();
    const { type, size } = reader;
    if (type === "text") reader.checkText();
    else if (type === "integer") hasBigIntegers ||= typeof reader.value === "bigint";
    else if ((type === "array" || type === "map") && size > 0) {
      if (open.length === DEPTH_MAX) throw new MessagePackError("too deeply nested");
      open.push(type === "map" ? 2 * size : size);
      continue;
    }
    while (open.length > 0 && (open[open.length - 1]! -= 1) === 0) open.pop();
  } while (open.length > 0);
  if (reader.end < bytes.length) throw new MessagePackError("bytes behind the value");
  return hasBigIntegers;
}

/** The decoder makes a bigint of everything that takes 64 bits. */
function narrowIntegers(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(narrowIntegers);
  if (typeof value !== "object" || value === null || value.constructor !== Object) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, narrowIntegers(part)]),
  );
}
