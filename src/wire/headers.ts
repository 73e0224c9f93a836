// Request headers read, and answer headers written, that are more than one word.

import { unreachable } from "../base/assert.ts";
import type { Sharing } from "../core/terms.ts";
import { DURATION_MS_MAX } from "../core/limits.ts";
import type { Refusal } from "../core/problem.ts";
import { malformedParameter } from "./query.ts";

/** What a client prefers (RFC 7240). */
export interface Preferences {
  /** How long it would wait, in ms; null: it did not say. */
  readonly waitMs: number | null;
  readonly respondAsync: boolean;
}

/**
 * Reads every `Prefer` line. Of a preference given twice the first counts; malformed and unknown
 * ones are ignored.
 */
export function parsePrefer(headers: Headers): Preferences {
  const header = headers.get("prefer");
  if (header === null) return NO_PREFERENCES;
  let waitMs: number | null = null;
  let respondAsync = false;
  for (const entry of splitList(header, ",")) {
    const [, name, quoted, token] = PREFERENCE.exec(splitList(entry, ";")[0] ?? "") ?? [];
    if (name === undefined) continue;
    const value = quoted ?? token ?? "";
    if (name.toLowerCase() === "respond-async") respondAsync ||= value === "";
    else if (name.toLowerCase() === "wait" && waitMs === null && /^\d+$/.test(value)) {
      waitMs = Math.min(Number(value) * 1_000, DURATION_MS_MAX);
    }
  }
  return { waitMs, respondAsync };
}

const NO_PREFERENCES: Preferences = { waitMs: null, respondAsync: false };
const PREFERENCE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"([^"\\]*)"|([^\s"]*)))?$/;

/**
 * The parts of a list header between separators that are not in quotes, trimmed, without empty
 * ones. An open quote reaches to the end.
 */
export function splitList(text: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '"') isQuoted = !isQuoted;
    else if (c === "\\" && isQuoted) i++;
    if (i < text.length && (isQuoted || c !== separator)) continue;
    const part = text.slice(start, i).trim();
    if (part !== "") parts.push(part);
    start = i + 1;
  }
  return parts;
}

/**
 * `Cache-Status` (RFC 9211) of an answer about a promise; `ttlSeconds`: how long it can be reused,
 * of a reused one.
 */
export function cacheStatus(sharing: Sharing, ttlSeconds: number | null): string {
  switch (sharing) {
    case "reused":
      return ttlSeconds === null ? "hearty; hit" : `hearty; hit; ttl=${Math.floor(ttlSeconds)}`;
    case "joined":
      return "hearty; fwd=miss; collapsed";
    case "created":
      return "hearty; fwd=miss; stored";
    case "stale":
      return "hearty; fwd=stale; stored";
    default:
      return unreachable(sharing);
  }
}

/**
 * Whether `If-None-Match` (weak comparison) or `If-Match` (strong) names this ETag (RFC 9110,
 * 8.8.3.2 and 13.1). What is no ETag is skipped and matches nothing, which is the safe side of
 * both.
 */
export function etagMatches(header: string, etag: string, comparison: "weak" | "strong"): boolean {
  if (header.trim() === "*") return true;
  const isMatch = comparison === "weak" ? isWeakMatch : isStrongMatch;
  return (header.match(ETAG) ?? []).some((candidate) => isMatch(candidate, etag));
}

const ETAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

function isWeakMatch(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

function isStrongMatch(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/");
}

function opaque(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * `Range` of a body of `size` bytes (RFC 9110, section 14.2). Null: to be ignored, because it is
 * malformed, of another unit, or more than one range.
 */
export function parseRange(
  header: string | null,
  size: number,
): ByteRange | "unsatisfiable" | null {
  const [, first, last] = header === null ? [] : BYTES.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined) return null;
  if (first === "") return suffixRange(last, size);
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}

const BYTES = /^bytes=[ \t,]*(\d*)-(\d*)[ \t,]*$/i;

function suffixRange(length: string, size: number): ByteRange | "unsatisfiable" | null {
  if (length === "") return null;
  if (Number(length) === 0) return "unsatisfiable";
  // The end of nothing is nothing, which no Content-Range can say: the whole is given.
  if (size === 0) return null;
  return { start: Math.max(0, size - Number(length)), end: size - 1 };
}

/**
 * Whether `Range` counts: `If-Range` is missing or names this strong ETag. Dates do not match: we
 * send none.
 */
export function ifRangeHolds(header: string | null, etag: string): boolean {
  return header === null || isStrongMatch(header.trim(), etag);
}

/** Where a reader of events stands: after the item `seq`, or after the end. */
export type LastEventId = { readonly seq: number } | "end";

/** `Last-Event-ID` of one promise's events; null: the header is missing. */
export function parseLastEventId(header: string | null): LastEventId | Refusal | null {
  if (header === null || header === "end") return header;
  const seq = /^\d{1,16}$/.test(header) ? Number(header) : NaN;
  if (Number.isSafeInteger(seq)) return { seq };
  return malformedParameter("Last-Event-ID", header, "the number of an item, or end");
}
