// The frame of a stored value: a version byte, a checksum, the payload. It tells damage from data; what the
// payload means is the business of layout.ts.
//
// F1. The checksum covers the version, the payload and the row's key: a value that a flipped bit has brought
//     under another key is damaged, too.
// F2. A change within any four neighbouring bytes (at a multiple of four) is always found; any other change is
//     missed once in 2^32.
//
// The checksum is MurmurHash3 (x86, 32 bits; Austin Appleby, public domain). Each of its steps is a bijection of
// the four bytes that it takes in, hence F2; and it costs a quarter of a CRC-32 by table.

import type { Bytes } from "./kv.ts";

/** Bytes that a frame adds to its payload. */
export const FRAME_BYTES = 5;

const VERSION = 1;

/** The value to store for a payload; it counts under this row key and no other. */
export function seal(payload: Bytes, key: Bytes): Bytes {
  const value = new Uint8Array(FRAME_BYTES + payload.length);
  value.set(payload, FRAME_BYTES);
  value[0] = VERSION;
  const sum = checksum(payload, key);
  value[1] = sum;
  value[2] = sum >>> 8;
  value[3] = sum >>> 16;
  value[4] = sum >>> 24;
  return value;
}

/** The payload of a stored value, a view of it; "damaged" if it is not as `seal` made it for this row key. */
export function unseal(value: Bytes, key: Bytes): Bytes | "damaged" {
  if (value.length < FRAME_BYTES || value[0] !== VERSION) return "damaged";
  const payload = value.subarray(FRAME_BYTES);
  return checksum(payload, key) === readWord(value, 1) ? payload : "damaged";
}

function checksum(payload: Bytes, key: Bytes): number {
  let hash = hashBytes(hashBytes(VERSION, key), payload);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hashBytes(seed: number, bytes: Bytes): number {
  let hash = seed;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    hash ^= scramble(readWord(bytes, at));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = whole; at < bytes.length; at++) rest |= bytes[at]! << (8 * (at - whole));
  return hash ^ scramble(rest) ^ bytes.length;
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function readWord(bytes: Bytes, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
