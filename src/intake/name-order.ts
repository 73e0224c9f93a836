// The order of member names in canonical JSON: by UTF-16 units, as RFC 8785 asks, compared as the bytes of the text.
// A list of names holds their places on the tape; it is sorted downwards, so that the first is the one to pop.

import { endOf, type JsonScan, type JsonTape } from "../base/json.ts";
import { characterAt } from "../base/json-token.ts";
import type { Steps } from "../base/steps.ts";

/** Whether the object at `node` may have so many names that sorting them needs pauses. */
export function hasManyNames({ tape }: JsonScan, node: number): boolean {
  return tape[node + 1]! - node > MANY_PLACES;
}

/** Pushes the names of the object at `node`, sorted. The answer is one that is there twice, or null. */
export function pushNames(scan: JsonScan, node: number, names: number[]): number | null {
  const from = names.length;
  const end = scan.tape[node + 1]!;
  for (let name = node + 2; name < end; name = endOf(scan, name + 2)) names.push(name);
  if (names.length - from <= FEW_NAMES) return sortFew(scan, names, from);
  const sorted = names.splice(from).sort((a, b) => compareNames(scan, b, a));
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && compareNames(scan, sorted[i - 1]!, sorted[i]!) === 0) return sorted[i]!;
    names.push(sorted[i]!);
  }
  return null;
}

/** As `pushNames`, for any number: sorts runs of names, then merges these. */
export function* pushManyNames(
  scan: JsonScan,
  node: number,
  names: number[],
): Steps<number | null> {
  const compare = (a: number, b: number): number => compareNames(scan, b, a);
  const end = scan.tape[node + 1]!;
  let runs: (readonly number[])[] = [];
  for (let name = node + 2; name < end;) {
    const run: number[] = [];
    for (; name < end && run.length < RUN_NAMES; name = endOf(scan, name + 2)) run.push(name);
    runs.push(run.sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly number[])[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      const [a, b] = [runs[i]!, runs[i + 1]];
      merged.push(b === undefined ? a : yield* merge([a, b], compare));
      yield;
    }
    runs = merged;
  }
  const sorted = runs[0]!;
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && compareNames(scan, sorted[i - 1]!, sorted[i]!) === 0) return sorted[i]!;
    names.push(sorted[i]!);
    if (i % STEP_NAMES === STEP_NAMES - 1) yield;
  }
  return null;
}

/** So many names are sorted faster by insertion. */
const FEW_NAMES = 24;
/** Places on the tape that an object takes: a name and its value take four or more. */
const MANY_PLACES = 16_384;
/** Names that are sorted without a pause. */
const RUN_NAMES = 4_096;
/** Names that are merged without a pause. */
const STEP_NAMES = 8_192;

function sortFew(scan: JsonScan, names: number[], from: number): number | null {
  for (let i = from + 1; i < names.length; i++) {
    const name = names[i]!;
    let at = i;
    for (; at > from; at--) {
      const order = compareNames(scan, name, names[at - 1]!);
      if (order === 0) return name;
      if (order < 0) break;
      names[at] = names[at - 1]!;
    }
    names[at] = name;
  }
  return null;
}

function* merge(
  [a, b]: readonly [readonly number[], readonly number[]],
  compare: (a: number, b: number) => number,
): Steps<readonly number[]> {
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const isA = j === b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0);
    merged.push(isA ? a[i++]! : b[j++]!);
    if (merged.length % STEP_NAMES === 0) yield;
  }
  return merged;
}

function compareNames({ bytes, tape }: JsonScan, a: number, b: number): number {
  let atA = tape[a]!;
  let atB = tape[b]!;
  const endA = tape[a + 1]! - 1;
  const endB = tape[b + 1]! - 1;
  if (atA < 0 || atB < 0) return compareEscaped({ bytes, tape }, a, b);
  for (atA++, atB++; atA < endA && atB < endB; atA++, atB++) {
    const byteA = bytes[atA]!;
    const byteB = bytes[atB]!;
    if (byteA !== byteB) return leadOrder(byteA) - leadOrder(byteB);
  }
  return (endA - atA) - (endB - atB);
}

/** Characters above U+FFFF begin with a surrogate in UTF-16, so they go before U+E000 … U+FFFF. */
function leadOrder(byte: number): number {
  return byte === 0xee || byte === 0xef ? byte + 0x10 : byte;
}

function compareEscaped({ bytes, tape }: JsonTape, a: number, b: number): number {
  let atA = textStart(tape[a]!);
  let atB = textStart(tape[b]!);
  const endA = tape[a + 1]! - 1;
  const endB = tape[b + 1]! - 1;
  while (atA < endA && atB < endB) {
    const characterA = characterAt(bytes, atA);
    const characterB = characterAt(bytes, atB);
    if (characterA >> 4 !== characterB >> 4) {
      return codeOrder(characterA >> 4) - codeOrder(characterB >> 4);
    }
    atA += characterA & 15;
    atB += characterB & 15;
  }
  return (endA - atA) - (endB - atB);
}

function textStart(start: number): number {
  return (start < 0 ? ~start : start) + 1;
}

function codeOrder(code: number): number {
  return code >= 0xe000 && code < 0x10000 ? code + 0x110000 : code;
}
