// Row keys are tuples, written so that comparing the bytes compares the tuples. What the tuples mean is the
// business of layout.ts.
//
// U1. Bytes sort before strings, strings before numbers; a tuple sorts before those it begins.
// U2. Strings sort by code point (as their UTF-8 does), numbers by value (they are IEEE doubles, of which
//     the sign, or if it is negative every bit, is turned), bytes as unsigned numbers.
// U3. A part ends by itself, so that what follows it cannot change how it sorts: a string or bytes end with a
//     0, and a 0 inside is written as 0 and 255, which no tag is.

import { assert } from "../base/assert.ts";
import { decodeUtf8, encodeUtf8 } from "../base/bytes.ts";
import type { Bytes, Range } from "./kv.ts";

/** What a row key is made of: text without lone surrogates, finite numbers, bytes. */
export type TuplePart = string | number | Bytes;

const BYTES = 1;
const STRING = 2;
const NUMBER = 3;
const ESCAPED = 255;

// Keys are made by the million: one buffer serves all of them, and each costs one allocation, its own.
let scratch: Uint8Array<ArrayBuffer> = new Uint8Array(256);
let scratchView = new DataView(scratch.buffer);
let length = 0;

/** The row key of a tuple. */
export function tupleKey(...parts: readonly TuplePart[]): Bytes {
  writeParts(parts);
  return scratch.slice(0, length);
}

/** Every row key whose tuple begins with these parts. */
export function prefixRange(...parts: readonly TuplePart[]): Range {
  writeParts(parts);
  reserve(1);
  scratch[length] = ESCAPED; // Above every tag, so above whatever can follow (U3).
  return { from: scratch.slice(0, length), to: scratch.slice(0, length + 1) };
}

/**
 * The tuple of a row key.
 * @throws {RangeError} if `tupleKey` cannot have made it.
 */
export function decodeTuple(key: Bytes): TuplePart[] {
  const parts: TuplePart[] = [];
  let at = 0;
  while (at < key.length) {
    const tag = key[at++];
    if (tag === NUMBER) {
      parts.push(readNumber(key, at));
      at += 8;
    } else if (tag === STRING || tag === BYTES) {
      const end = endOfBytes(key, at);
      parts.push(tag === STRING ? readString(key, at, end) : readBytes(key, at, end));
      at = end + 1;
    } else {
      throw new RangeError(`Cannot decode a row key: tag ${tag} at byte ${at - 1}`);
    }
  }
  return parts;
}

function writeParts(parts: readonly TuplePart[]): void {
  length = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (typeof part === "string") writeString(part);
    else if (typeof part === "number") writeNumber(part);
    else writeBytes(BYTES, part);
  }
}

function reserve(bytes: number): void {
  if (length + bytes <= scratch.length) return;
  const wider = new Uint8Array(2 * (length + bytes));
  wider.set(scratch.subarray(0, length));
  scratch = wider;
  scratchView = new DataView(wider.buffer);
}

function writeString(text: string): void {
  reserve(2 * text.length + 2);
  let at = length;
  scratch[at++] = STRING;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      assert(text.isWellFormed(), "a string in a row key has no lone surrogate");
      return writeBytes(STRING, encodeUtf8(text));
    }
    scratch[at++] = code;
    if (code === 0) scratch[at++] = ESCAPED;
  }
  scratch[at++] = 0;
  length = at;
}

function writeBytes(tag: number, bytes: Bytes): void {
  reserve(2 * bytes.length + 2);
  let at = length;
  scratch[at++] = tag;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    scratch[at++] = byte;
    if (byte === 0) scratch[at++] = ESCAPED;
  }
  scratch[at++] = 0;
  length = at;
}

function writeNumber(value: number): void {
  assert(Number.isFinite(value), "a number in a row key is finite");
  reserve(9);
  scratch[length] = NUMBER;
  scratchView.setFloat64(length + 1, value + 0); // Adding 0 makes -0 the same as 0.
  if (value < 0) { for (let i = length + 1; i < length + 9; i++) scratch[i] = ~scratch[i]!; }
  else scratch[length + 1]! ^= 0x80;
  length += 9;
}

const eight = new DataView(new ArrayBuffer(8));

function readNumber(key: Bytes, from: number): number {
  if (from + 8 > key.length) throw new RangeError("Cannot decode a row key: a number is cut");
  const turned = key[from]! < 0x80 ? 0xff : 0;
  for (let i = 0; i < 8; i++) {
    eight.setUint8(i, key[from + i]! ^ (i === 0 ? turned | 0x80 : turned));
  }
  const value = eight.getFloat64(0);
  if (!Number.isFinite(value)) throw new RangeError("Cannot decode a row key: not a number");
  return value;
}

function endOfBytes(key: Bytes, from: number): number {
  for (let at = from; at < key.length; at++) {
    if (key[at] !== 0) continue;
    if (key[at + 1] !== ESCAPED) return at;
    at++;
  }
  throw new RangeError("Cannot decode a row key: a part has no end");
}

function readBytes(key: Bytes, from: number, end: number): Bytes {
  const bytes = key.slice(from, end);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    bytes[length++] = bytes[at]!;
    if (bytes[at] === 0) at++;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function readString(key: Bytes, from: number, end: number): string {
  let text = "";
  for (let at = from; at < end; at++) {
    const byte = key[at]!;
    if (byte === 0 || byte > 127) return readText(readBytes(key, from, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function readText(utf8: Bytes): string {
  const text = decodeUtf8(utf8);
  if (text === null) throw new RangeError("Cannot decode a row key: a string is not UTF-8");
  return text;
}
