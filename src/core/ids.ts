// Branded ids, made only here: fresh or parsed. A mix-up does not compile.
//
// D1. Promise ids are UUIDv7 (RFC 9562) and strictly increase within a store's life, also when the clock is
//     set back: the greatest id ever made is given back to us from the store.

import type { Brand } from "../base/brand.ts";
import type { Random } from "../base/random.ts";

/** A promise: UUIDv7 in lower case. */
export type PromiseId = Brand<string, "PromiseId">;
/** The right of one worker to one attempt: 22 unguessable characters. */
export type LeaseId = Brand<string, "LeaseId">;
/** A worker's registration that survives reconnecting: 22 unguessable characters. */
export type SessionId = Brand<string, "SessionId">;
/** A kind of job: `[A-Za-z0-9._-]{1,128}`. */
export type KindName = Brand<string, "KindName">;
/** The hash by which equal jobs share a promise: `sha256:` and 64 hexadecimal digits. */
export type JobKey = Brand<string, "JobKey">;

const COUNTER_MAX = 0xfff;

/** The next promise id at or after `wallMs`; it is greater than the last one (D1). */
export function nextPromiseId(
  last: PromiseId | null,
  wallMs: number,
  random: Random,
): PromiseId {
  const next = nextTick(last, Math.floor(wallMs));
  const ms = next.ms.toString(16).padStart(12, "0");
  const counter = next.counter.toString(16).padStart(3, "0");
  const tail = random.bytes(8);
  tail[0] = (tail[0]! & 0x3f) | 0x80;
  const hex = tail.toHex();
  const id = `${ms.slice(0, 8)}-${ms.slice(8)}-7${counter}-${hex.slice(0, 4)}-${hex.slice(4)}`;
  return id as PromiseId;
}

/** Time and counter of the id that follows; the counter carries into the time. */
function nextTick(last: PromiseId | null, wall: number): { ms: number; counter: number } {
  if (last === null) return { ms: wall, counter: 0 };
  const ms = parseInt(last.slice(0, 8) + last.slice(9, 13), 16);
  const counter = parseInt(last.slice(15, 18), 16);
  if (wall > ms) return { ms: wall, counter: 0 };
  return counter < COUNTER_MAX ? { ms, counter: counter + 1 } : { ms: ms + 1, counter: 0 };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A promise id out of text, which may be in upper case; null if it is none. */
export function parsePromiseId(text: string): PromiseId | null {
  if (text.length !== 36) return null;
  const lower = text.toLowerCase();
  return UUID.test(lower) ? (lower as PromiseId) : null;
}

/** A fresh lease id. */
export function newLeaseId(random: Random): LeaseId {
  return unguessable(random) as LeaseId;
}

/** A fresh session id. */
export function newSessionId(random: Random): SessionId {
  return unguessable(random) as SessionId;
}

function unguessable(random: Random): string {
  return random.bytes(16).toBase64({ alphabet: "base64url", omitPadding: true });
}

const KIND = /^[A-Za-z0-9._-]{1,128}$/;

/** A kind's name out of text; null if it is malformed. */
export function parseKindName(text: string): KindName | null {
  return KIND.test(text) ? (text as KindName) : null;
}

/** A job key out of the hash that intake computed. */
export function jobKey(sha256Hex: string): JobKey {
  return `sha256:${sha256Hex}` as JobKey;
}

const NAME = /^[A-Za-z0-9._:@|+-]{1,128}$/;

/** Whether text may name an owner, a tag or a worker. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

const QUEUE = /^[A-Za-z0-9._:@|+-](?:[A-Za-z0-9._:@|+ -]{0,126}[A-Za-z0-9._:@|+-])?$/;

/** Whether text may name a queue: as an owner's name, with spaces inside. */
export function isQueueName(text: string): boolean {
  return QUEUE.test(text);
}
