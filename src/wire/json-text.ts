// Values as JSON text, without a detour through doubles: the server stores the text that a worker sent, so that an
// integer beyond 2^53 or a decimal in its own spelling reaches the reader as it was.

import { NESTING_MAX } from "../core/limits.ts";

/** The text of one value. */
export interface JsonText {
  /** On one line. */
  readonly text: string;
  /** How many arrays and objects lie within each other. */
  readonly depth: number;
}

/**
 * The text of a member of an object, out of text that JSON.parse has taken; null if there is no such member. Of
 * equal names the last counts, as for JSON.parse.
 */
export function memberText(object: string, name: string): JsonText | null {
  let found: JsonText | null = null;
  let at = skipBetween(object, object.indexOf("{") + 1);
  while (object.charCodeAt(at) !== CLOSING_BRACE) {
    const nameEnd = stringEnd(object, at);
    const isWanted = nameOf(object.slice(at, nameEnd)) === name;
    const start = skipBetween(object, nameEnd);
    const { end, depth } = valueEnd(object, start);
    if (isWanted) found = { text: onOneLine(object.slice(start, end)), depth };
    at = skipBetween(object, end);
  }
  return found;
}

/** A whole document that JSON.parse has taken. */
export function documentText(document: string): JsonText {
  const start = skipBetween(document, 0);
  const { end, depth } = valueEnd(document, start);
  return { text: onOneLine(document.slice(start, end)), depth };
}

/** The JSON text of a decoded MessagePack value; null if JSON cannot say it: bytes, extensions, NaN, big integers. */
export function sayInJson(value: unknown): string | null {
  return isSayable(value, 0) ? JSON.stringify(value) : null;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The next place that is no white space, comma or colon: since the text is valid, a token begins there. */
function skipBetween(text: string, from: number): number {
  let at = from;
  for (;; at++) {
    const code = text.charCodeAt(at);
    if (code > SPACE && code !== COMMA && code !== COLON) return at;
  }
}

/** Where a string that begins at `from` is over. */
function stringEnd(text: string, from: number): number {
  let end = from;
  let backslashes: number;
  do {
    end = text.indexOf('"', end + 1);
    for (backslashes = 0; text.charCodeAt(end - 1 - backslashes) === BACKSLASH;) backslashes++;
  } while (backslashes % 2 === 1);
  return end + 1;
}

function valueEnd(text: string, from: number): { end: number; depth: number } {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return { end: stringEnd(text, from), depth: 0 };
  if (first !== OPENING_BRACE && first !== OPENING_BRACKET) {
    return { end: scalarEnd(text, from), depth: 0 };
  }
  let open = 0;
  let depth = 0;
  let at = from;
  do {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      continue;
    }
    if (code === OPENING_BRACE || code === OPENING_BRACKET) depth = Math.max(depth, ++open);
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) open--;
    at++;
  } while (open > 0);
  return { end: at, depth };
}

function scalarEnd(text: string, from: number): number {
  let at = from;
  for (;; at++) {
    const code = text.charCodeAt(at);
    if (!(code > SPACE) || code === COMMA || code === CLOSING_BRACE) return at; // NaN: the text is over
  }
}

function nameOf(quoted: string): string {
  return quoted.includes("\\") ? JSON.parse(quoted) as string : quoted.slice(1, -1);
}

/** Line ends in valid JSON stand between tokens only; a stored value must fit on a line of NDJSON or SSE. */
function onOneLine(text: string): string {
  return text.includes("\n") || text.includes("\r") ? text.replaceAll(/[\r\n]+/g, " ") : text;
}

function isSayable(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth >= NESTING_MAX) return false;
  if (Array.isArray(value)) return value.every((part) => isSayable(part, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((part) => isSayable(part, depth + 1));
}
