// What a handler answered, sorted by how it travels.

import { encodeUtf8 } from "../base/bytes.ts";
import { encode } from "../base/msgpack.ts";
import { sayInJson } from "../wire/json-text.ts";
import { MEDIA } from "../wire/media.ts";
import type { Protocol, SentPiece } from "../wire/messages.ts";
import { Typed } from "./job.ts";

/** Bytes of a value that goes in several frames, at most in one of them. */
export const PIECE_BYTES_MAX = 256 * 1024;

/** How an answer travels: piece by piece as items, as one value or body, or as bytes whose length is not known yet. */
export type Answer =
  | { readonly shape: "items"; readonly items: AsyncIterator<unknown> | Iterator<unknown> }
  | { readonly shape: "piece"; readonly piece: SentPiece }
  | {
    readonly shape: "stream";
    readonly contentType: string;
    readonly stream: ReadableStream<Uint8Array>;
  };

/**
 * Sorts what a handler answered.
 * @throws {ResponseError} for a `Response` that tells of a failure.
 * @throws {TypeError} for what cannot be sent.
 */
export function answerOf(value: unknown): Answer {
  const items = iteratorOf(value);
  if (items !== null) return { shape: "items", items };
  if (value instanceof Response) {
    if (!value.ok) throw new ResponseError(value.status);
    const contentType = value.headers.get("content-type") || MEDIA.bytes;
    return { shape: "stream", contentType, stream: value.body ?? new Blob().stream() };
  }
  if (value instanceof Blob) {
    return { shape: "stream", contentType: value.type || MEDIA.bytes, stream: value.stream() };
  }
  return { shape: "piece", piece: pieceOf(value) };
}

/** A yielded value, ready to be sent. */
export async function itemOf(value: unknown): Promise<SentPiece> {
  const answer = answerOf(value);
  if (answer.shape === "piece") return answer.piece;
  if (answer.shape === "items") {
    throw new TypeError("Cannot send an item: it is itself a generator");
  }
  const body = new Uint8Array(await new Response(answer.stream).arrayBuffer());
  return { contentType: answer.contentType, body };
}

/** A stream's bytes in pieces of `size`, the last one shorter. */
export async function* piecesOf(
  stream: ReadableStream<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let piece = new Uint8Array(size);
  let filled = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      for (let rest = read.value; rest.length > 0;) {
        const part = rest.subarray(0, size - filled);
        piece.set(part, filled);
        filled += part.length;
        rest = rest.subarray(part.length);
        if (filled < size) continue;
        yield piece;
        piece = new Uint8Array(size);
        filled = 0;
      }
    }
    if (filled > 0) yield piece.subarray(0, filled);
  } finally {
    await reader.cancel();
  }
}

/** A value as the bytes of its document, for what is too large for one frame. */
export function bodyOf(
  piece: SentPiece,
  protocol: Protocol,
): { readonly contentType: string; readonly body: Uint8Array } {
  if ("body" in piece) return { contentType: piece.contentType ?? MEDIA.bytes, body: piece.body };
  const isJson = protocol === "hearty.v1.json";
  const json = isJson ? JSON.stringify(piece.value) : sayInJson(piece.value);
  return json === null
    ? { contentType: MEDIA.msgpack, body: encode(piece.value) }
    : { contentType: MEDIA.json, body: encodeUtf8(json) };
}

/** A handler answered with a `Response` that tells of a failure. */
export class ResponseError extends Error {
  override readonly name = "ResponseError";
  /** Whether the other server may do better next time. */
  readonly retryable: boolean;

  constructor(status: number) {
    super(`The handler answered with a response of status ${status}`);
    this.retryable = status >= 500 || status === 429;
  }
}

function pieceOf(value: unknown): SentPiece {
  if (value instanceof Typed) return value;
  if (value instanceof Uint8Array) return { contentType: MEDIA.bytes, body: value };
  if (value instanceof ArrayBuffer) {
    return { contentType: MEDIA.bytes, body: new Uint8Array(value) };
  }
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TypeError(`Cannot send a ${typeof value} as a result`);
  }
  return { value: value === undefined ? null : value };
}

/** The iterator of a generator, or of anything that is iterated asynchronously. */
function iteratorOf(value: unknown): AsyncIterator<unknown> | Iterator<unknown> | null {
  if (typeof value !== "object" || value === null) return null;
  if (Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function") {
    return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  }
  // Arrays and maps are values; of synchronous iterables only generators, which have `next`, are items.
  if (Symbol.iterator in value && "next" in value && typeof value.next === "function") {
    return (value as Iterable<unknown>)[Symbol.iterator]();
  }
  return null;
}
