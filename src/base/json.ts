// A lossless reading of JSON text (RFC 8259), as bytes. Unlike JSON.parse it can pause, it says where a rule is broken,
// it keeps every number as it was spelled, and it builds nothing but a tape that points into the text.
//
// J1. The tape has two places for every value and every member's name, in the order of the text: where it begins, and
//     where it ends. The end of a string, number or word is the place in the text behind it; that of an array or
//     object is the place on the tape behind its last part. While it is open, its end is 0.
// J2. A beginning is stored inverted (`~start`) where the canonical form may differ from the text: a string with
//     escapes, and a number in another spelling than JavaScript's.
// J3. The text is valid UTF-8, and its escapes name no lone surrogate. Duplicate names are not looked for.

import { BIG, BYTE, ODD, scanToken, TOKEN_FAULTS } from "./json-token.ts";
import type { Steps } from "./steps.ts";

/** JSON text and what points into it (J1, J2). */
export interface JsonTape {
  readonly bytes: Uint8Array;
  readonly tape: Int32Array;
}

/** JSON text that was read to its end. */
export interface JsonScan extends JsonTape {
  /** How many numbers are odd (J2), and so may be longer in canonical form. */
  readonly oddNumbers: number;
  /** Place on the tape of the first integer that no double holds; null if there is none. */
  readonly bigInteger: number | null;
}

/** What is wrong with a text, and where: the names and indexes that lead to the value. */
export interface JsonFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Reads one JSON text. Arrays and objects may lie `nestingMax` deep in each other. */
export function* scanJson(bytes: Uint8Array, nestingMax: number): Steps<JsonScan | JsonFault> {
  const reader: Reader = {
    bytes,
    // N bytes with M arrays and objects open hold at most (N + M + 1) / 2 values and names; one more is looked at.
    tape: new Int32Array(bytes.length + Math.min(bytes.length, nestingMax) + 3),
    nestingMax,
    open: [],
    at: skipSpace(bytes, 0),
    size: 0,
    isNameDue: false,
    oddNumbers: 0,
    bigInteger: null,
  };
  for (;;) {
    const outcome = readSome(reader, reader.at + STEP_BYTES);
    if (outcome === DONE) return reader;
    if (outcome !== MORE) return faultAt(reader, outcome);
    yield;
  }
}

/** The names and indexes that lead to the value or name at `node` of a tape, which may be unfinished. */
export function pathTo({ bytes, tape }: JsonTape, node: number): readonly (string | number)[] {
  const path: (string | number)[] = [];
  let container = 0;
  while (container < node) {
    const isObject = bytes[tape[container]!] === OPEN_BRACE;
    let index = 0;
    let child = container + 2;
    // To the child that is `node` or holds it; of an object, names and values take turns.
    for (;;) {
      const end = endOf({ bytes, tape }, child);
      if (end === 0 || end > node) break;
      child = end;
      index++;
    }
    if (!isObject) path.push(index);
    else if (index % 2 === 0) return path;
    else path.push(nameAt({ bytes, tape }, child - 2));
    container = child;
  }
  return path;
}

/** The place on the tape behind the value or name at `node`; 0 while that is open. */
export function endOf({ bytes, tape }: JsonTape, node: number): number {
  const first = bytes[tape[node]!];
  return first === OPEN_BRACE || first === OPEN_BRACKET ? tape[node + 1]! : node + 2;
}

/** The name at `node` of a tape. */
export function nameAt({ bytes, tape }: JsonTape, node: number): string {
  const start = tape[node]!;
  return JSON.parse(UTF8.decode(bytes.subarray(start < 0 ? ~start : start, tape[node + 1]!)));
}

/** Work between two pauses, in bytes of text: about a millisecond. */
const STEP_BYTES = 128 * 1024;

const UTF8 = new TextDecoder();
const SPACE = 0x20;
const QUOTE = BYTE.quote;
const COMMA = BYTE.comma;
const COLON = BYTE.colon;
const OPEN_BRACKET = BYTE.openBracket;
const CLOSE_BRACKET = BYTE.closeBracket;
const OPEN_BRACE = BYTE.openBrace;
const CLOSE_BRACE = BYTE.closeBrace;

const DONE = 0;
const MORE = 1;
const TOO_DEEP = -101;
const NO_NAME = -102;
const NO_COLON = -103;
const NO_COMMA = -104;
const NO_END = -105;

const FAULTS: Readonly<Record<number, string>> = {
  ...TOKEN_FAULTS,
  [TOO_DEEP]: "too deeply nested",
  [NO_NAME]: "wanted a member's name in quotes",
  [NO_COLON]: "wanted a colon",
  [NO_COMMA]: "wanted a comma or the end of the array or object",
  [NO_END]: "wanted the end of the text",
};

/** A text that is being read. */
interface Reader extends JsonTape {
  readonly nestingMax: number;
  /** The arrays and objects that are open, as places on the tape. */
  readonly open: number[];
  /** The next place in the text, where a token begins. */
  at: number;
  /** The next place on the tape. */
  size: number;
  /** Whether the token there must be a member's name. */
  isNameDue: boolean;
  oddNumbers: number;
  bigInteger: number | null;
}

/**
 * Reads to the place `until`, or a little further; the answer is DONE, MORE, or what is wrong. A plain function, since
 * the same loop in a generator is three times slower under JavaScriptCore.
 */
function readSome(reader: Reader, until: number): number {
  do {
    if (reader.at > until) return MORE;
    const fault = reader.isNameDue ? readName(reader) : readValue(reader);
    if (fault < 0) return fault;
  } while (reader.open.length > 0);
  return reader.at === reader.bytes.length ? DONE : NO_END;
}

function readName(reader: Reader): number {
  const { bytes, at } = reader;
  if (bytes[at] !== QUOTE) return NO_NAME;
  const token = scanToken(bytes, at);
  if (token < 0) return token;
  pushToken(reader, token);
  if (bytes[reader.at] !== COLON) return NO_COLON;
  reader.at = skipSpace(bytes, reader.at + 1);
  reader.isNameDue = false;
  return DONE;
}

function readValue(reader: Reader): number {
  const { bytes, at, open } = reader;
  const first = bytes[at]!;
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    if (open.length === reader.nestingMax) return TOO_DEEP;
    open.push(reader.size);
    reader.tape[reader.size] = at;
    reader.size += 2;
    reader.at = skipSpace(bytes, at + 1);
    // A closing brace is two behind its opening one, and so is a bracket.
    if (bytes[reader.at] !== first + 2) {
      reader.isNameDue = first === OPEN_BRACE;
      return DONE;
    }
  } else {
    const token = scanToken(bytes, at);
    if (token < 0) return token;
    if ((token & ODD) !== 0 && first !== QUOTE) reader.oddNumbers++;
    if ((token & BIG) !== 0) reader.bigInteger ??= reader.size;
    pushToken(reader, token);
  }
  return closeWhatIsOver(reader);
}

function pushToken(reader: Reader, token: number): void {
  const { tape, size, at } = reader;
  const end = token >>> 2;
  tape[size] = (token & ODD) === 0 ? at : ~at;
  tape[size + 1] = end;
  reader.size = size + 2;
  reader.at = skipSpace(reader.bytes, end);
}

/** Behind a value: closes the arrays and objects that end here, or goes on to the next part of the innermost. */
function closeWhatIsOver(reader: Reader): number {
  const { bytes, tape, open } = reader;
  while (open.length > 0) {
    const container = open[open.length - 1]!;
    const isObject = bytes[tape[container]!] === OPEN_BRACE;
    const next = bytes[reader.at];
    if (next === COMMA) {
      reader.isNameDue = isObject;
      reader.at = skipSpace(bytes, reader.at + 1);
      return DONE;
    }
    if (next !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return NO_COMMA;
    tape[container + 1] = reader.size;
    open.pop();
    reader.at = skipSpace(bytes, reader.at + 1);
  }
  return DONE;
}

/** Never reads behind the end, which would make every read of the compiled loop slower. */
function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! <= SPACE && isSpace(bytes[at]!)) at++;
  return at;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function faultAt({ bytes, tape, size, at }: Reader, code: number): JsonFault {
  const isCut = at >= bytes.length;
  const message = isCut
    ? "Not JSON: the text ends too early"
    : `Not JSON at byte ${at}: ${FAULTS[code]}`;
  return { path: code === NO_END ? [] : pathTo({ bytes, tape }, size), message };
}
