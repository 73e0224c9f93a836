// The canonical form of JSON (RFC 8785): members sorted, white space gone, numbers and strings in one spelling each.
// Straight from scanned text, without building the value; or from a value, where a schema made one.

import { endOf, type JsonFault, type JsonScan, pathTo } from "../base/json.ts";
import { BYTE, characterAt } from "../base/json-token.ts";
import type { Steps } from "../base/steps.ts";
import { hasManyNames, pushManyNames, pushNames } from "./name-order.ts";

/** `prefix` and behind it the canonical form of the text; a fault if an object has two members of one name. */
export function* canonicalText(scan: JsonScan, prefix: Uint8Array): Steps<Uint8Array | JsonFault> {
  const writer = new Writer(scan, prefix);
  let outcome = writer.value();
  while (outcome !== DONE) {
    if (outcome === MANY_NAMES) {
      writer.twice = yield* pushManyNames(scan, writer.open.at(-2)!, writer.names);
    }
    if (writer.twice !== null) {
      return { path: pathTo(scan, writer.twice + 2), message: "A second member of the same name" };
    }
    if (outcome === MORE) yield;
    outcome = writer.some(writer.length + STEP_BYTES);
  }
  return writer.bytes.subarray(0, writer.length);
}

/** The canonical form of a value. @throws {TypeError} if JSON cannot say it. */
export function canonicalValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) break;
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) break;
      return String(value);
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return canonicalArray(value);
      if (hasToJson(value)) return canonicalValue(value.toJSON());
      if (isPlainObject(value)) return canonicalObject(value);
  }
  throw new TypeError(`Cannot say in JSON: ${Object.prototype.toString.call(value)}`);
}

/** The longest spelling of a number: `-0.0000012345678901234567` and the like. */
const NUMBER_BYTES_MAX = 25;
/** Work between two pauses, in bytes of canonical text: about a millisecond. */
const STEP_BYTES = 128 * 1024;

const OPEN_BRACE = BYTE.openBrace;
const OPEN_BRACKET = BYTE.openBracket;

const DONE = 0;
const MORE = 1;
/** An object was opened whose names are still to be sorted, with pauses. */
const MANY_NAMES = 2;
/** A name is there twice. */
const TWICE = 3;

/** Canonical text that is being written. Its loops are no generators, which are slower under JavaScriptCore. */
class Writer {
  readonly bytes: Uint8Array;
  length: number;
  /**
   * The arrays and objects that are open, two places each: where it is on the tape; then for an array the next element,
   * for an object how many of `names` belong to those around it. Its own lie above these, the next one on top.
   */
  readonly open: number[] = [];
  readonly names: number[] = [];
  /** The place on the tape of a name that is there twice. */
  twice: number | null = null;
  /** The value to write, as a place on the tape. */
  #node = 0;
  /** What is left of a long string that is being written. */
  #rest: Uint8Array = NOTHING;
  readonly #scan: JsonScan;
  readonly #numbers: NumberReader;

  constructor(scan: JsonScan, prefix: Uint8Array) {
    const more = scan.bytes.length + NUMBER_BYTES_MAX * scan.oddNumbers;
    this.bytes = new Uint8Array(prefix.length + more);
    this.bytes.set(prefix);
    this.length = prefix.length;
    this.#scan = scan;
    this.#numbers = new NumberReader(scan.bytes);
  }

  /** Writes until there are `until` bytes, or a little more. */
  some(until: number): number {
    while (this.length <= until) {
      if (this.#rest.length > 0) {
        this.#string(this.#rest);
        continue;
      }
      if (!this.#next()) return DONE;
      const outcome = this.value();
      if (outcome !== MORE) return outcome;
    }
    return MORE;
  }

  /** Writes a value; of an array or object only how it begins. The answer is MORE unless its names need more care. */
  value(): number {
    const { bytes, tape } = this.#scan;
    const node = this.#node;
    const first = bytes[tape[node]!];
    if (first === OPEN_BRACE) {
      this.open.push(node, this.names.length);
      this.#byte(OPEN_BRACE);
      if (hasManyNames(this.#scan, node)) return MANY_NAMES;
      this.twice = pushNames(this.#scan, node, this.names);
      return this.twice === null ? MORE : TWICE;
    }
    if (first === OPEN_BRACKET) {
      this.open.push(node, node + 2);
      this.#byte(OPEN_BRACKET);
    } else {
      this.#token(node);
    }
    return MORE;
  }

  /** Goes on to the next value and closes what is over on the way; false if that is all. */
  #next(): boolean {
    const { bytes, tape } = this.#scan;
    const { open, names } = this;
    while (open.length > 0) {
      const top = open.length - 2;
      const container = open[top]!;
      const isObject = bytes[tape[container]!] === OPEN_BRACE;
      const next = open[top + 1]!;
      if (isObject ? names.length > next : next < tape[container + 1]!) {
        const last = this.bytes[this.length - 1];
        if (last !== OPEN_BRACE && last !== OPEN_BRACKET) this.#byte(BYTE.comma);
        if (isObject) {
          const name = names.pop()!;
          this.#token(name);
          while (this.#rest.length > 0) this.#string(this.#rest);
          this.#byte(BYTE.colon);
          this.#node = name + 2;
        } else {
          this.#node = next;
          open[top + 1] = endOf(this.#scan, next);
        }
        return true;
      }
      this.#byte(isObject ? BYTE.closeBrace : BYTE.closeBracket);
      open.length = top;
    }
    return false;
  }

  /** Writes a string, number or word. */
  #token(node: number): void {
    const { bytes, tape } = this.#scan;
    const start = tape[node]!;
    const end = tape[node + 1]!;
    if (start < 0) {
      if (bytes[~start] === BYTE.quote) this.#string(bytes.subarray(~start, end));
      else this.#ascii(String(this.#numbers.read(~start, end)));
    } else if (end - start > COPY_BYTES_MAX) {
      this.bytes.set(bytes.subarray(start, end), this.length);
      this.length += end - start;
    } else {
      const to = this.bytes;
      let length = this.length;
      for (let at = start; at < end; at++) to[length++] = bytes[at]!;
      this.length = length;
    }
  }

  /**
   * Writes a string with escapes, its quotes included. Only what must be escaped stays so. Of a long string the rest is
   * left for later.
   */
  #string(quoted: Uint8Array): void {
    const to = this.bytes;
    const end = Math.min(quoted.length, STEP_BYTES);
    let at = 0;
    while (at < end) {
      const byte = quoted[at]!;
      if (byte !== BYTE.backslash) {
        to[this.length++] = byte;
        at++;
        continue;
      }
      const character = characterAt(quoted, at);
      at += character & 15;
      const code = character >>> 4;
      if (code < 0x80) this.#ascii(WRITTEN[code]!);
      else this.#utf8(code);
    }
    this.#rest = quoted.subarray(at);
  }

  #utf8(code: number): void {
    if (code < 0x800) {
      this.#byte(0xc0 | (code >> 6));
    } else {
      if (code < 0x10000) {
        this.#byte(0xe0 | (code >> 12));
      } else {
        this.#byte(0xf0 | (code >> 18));
        this.#byte(0x80 | ((code >> 12) & 0x3f));
      }
      this.#byte(0x80 | ((code >> 6) & 0x3f));
    }
    this.#byte(0x80 | (code & 0x3f));
  }

  #ascii(text: string): void {
    const to = this.bytes;
    let length = this.length;
    for (let i = 0; i < text.length; i++) to[length++] = text.charCodeAt(i);
    this.length = length;
  }

  #byte(byte: number): void {
    this.bytes[this.length++] = byte;
  }
}

/** Reads numbers out of bytes. They mostly come one behind the other, and one long text is made faster than many short ones. */
class NumberReader {
  readonly #bytes: Uint8Array;
  #text = "";
  #from = 0;
  #ahead = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(start: number, end: number): number {
    const textEnd = this.#from + this.#text.length;
    if (start < this.#from || end > textEnd) {
      const isNear = start >= this.#from && start < textEnd + this.#ahead;
      this.#ahead = isNear ? Math.min(2 * this.#ahead, AHEAD_MAX) : AHEAD_MIN;
      this.#text = LATIN.decode(this.#bytes.subarray(start, Math.max(end, start + this.#ahead)));
      this.#from = start;
    }
    return Number(this.#text.slice(start - this.#from, end - this.#from));
  }
}

/** A longer run of bytes is copied faster by the runtime. */
const COPY_BYTES_MAX = 48;
/** How far `NumberReader` reads ahead, in bytes. */
const AHEAD_MIN = 64;
const AHEAD_MAX = 16_384;

/** How the characters of ASCII are written in a string. */
const WRITTEN: readonly string[] = Array.from(
  { length: 0x80 },
  (_, code) => JSON.stringify(String.fromCharCode(code)).slice(1, -1),
);

const NOTHING = new Uint8Array(0);

/** One character a byte, whatever it is. */
const LATIN = new TextDecoder("latin1");

function canonicalArray(elements: readonly unknown[]): string {
  let text = "[";
  for (let i = 0; i < elements.length; i++) {
    if (i > 0) text += ",";
    text += canonicalValue(elements[i]);
  }
  return text + "]";
}

/** As JSON.stringify does, without the members that are undefined. */
function canonicalObject(members: Readonly<Record<string, unknown>>): string {
  let text = "{";
  for (const name of Object.keys(members).sort()) {
    const value = members[name];
    if (value === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${canonicalValue(name)}:${canonicalValue(value)}`;
  }
  return text + "}";
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

/** A Map or an object of a class would lose in JSON what tells it from another. */
function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
