// Stored bodies between JSON and MessagePack: exactly, or not at all.

import { decode, encode } from "../base/msgpack.ts";
import { sayInJson } from "./json-text.ts";
import { isJson, isMsgpack } from "./media.ts";

/** A stored body. */
export interface Body {
  readonly type: string;
  readonly body: Uint8Array;
  /** It says that it is JSON and is not: it came in chunks, which nobody checks. */
  readonly isFalseJson?: boolean;
}

/** The body as JSON text; null if it is neither JSON nor MessagePack that JSON can say. */
export function asJson({ type, body, isFalseJson }: Body): Uint8Array | null {
  if (isJson(type)) return isFalseJson ? null : body;
  const value = isMsgpack(type) ? attempt(() => decode(body)) : undefined;
  const text = value === undefined ? null : sayInJson(value);
  return text === null ? null : new TextEncoder().encode(text);
}

/**
 * The body as one MessagePack value; null if it is neither MessagePack nor JSON that MessagePack
 * can say.
 */
export function asMsgpack({ type, body, isFalseJson }: Body): Uint8Array | null {
  if (isMsgpack(type)) return attempt(() => decode(body)) === undefined ? null : body;
  if (!isJson(type) || isFalseJson) return null;
  return attempt(() => encodeJson(utf8.decode(body))) ?? null;
}

/**
 * Undefined if it fails: a body may not be what its type claims, or be nested deeper than an
 * encoder goes.
 */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** Null if a number would not stay what it is. */
function encodeJson(text: string): Uint8Array | null {
  if (!LONG_NUMBER.test(text)) return encode(JSON.parse(text));
  let isExact = true;
  const value = parseWithSource(text, (_name, value, { source }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    // Decimals are doubles, and so is an integer in a double's own spelling; other integers are
    // exact.
    if (source === String(value)) return value;
    const integer = /^-?\d+$/.test(source) ? BigInt(source) : null;
    isExact &&= integer === null
      ? Number.isFinite(value)
      : integer >= -(2n ** 63n) && integer < 2n ** 64n;
    return integer ?? value;
  });
  return isExact ? encode(value) : null;
}

/**
 * What may be an integer beyond 2^53 or a number beyond doubles: enough digits in a row, or a large
 * exponent.
 */
const LONG_NUMBER = /\d{16}|[eE]\+?\d{3}/;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** JSON.parse as both runtimes have it; TypeScript does not know the third argument yet. */
const parseWithSource = JSON.parse as (
  text: string,
  revive: (name: string, value: unknown, context: { source: string }) => unknown,
) => unknown;
