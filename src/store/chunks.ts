// Large values, cut into rows of one size, so that any part of them is found by division and neither writing nor
// reading holds more than a few rows in memory. Under which keys the rows lie, and when they are committed and
// deleted, is the caller's business.

import { HeartyError, refuse } from "../core/problem.ts";
import type { Bytes, KV, Row } from "./kv.ts";
import { seal, unseal } from "./record.ts";

/** Bytes of a value that one row holds; only the last row holds fewer. Part of the stored form. */
export const CHUNK_BYTES = 64 * 1024;

/** The row key of a value's chunk, counted from 0. */
export type ChunkKey = (index: number) => Bytes;

/** Cuts a value that arrives piece by piece. Every row that it answers must be committed. */
export interface ChunkWriter {
  /** Bytes taken in so far. */
  readonly bytes: number;
  /** Takes the next piece; answers the rows that are full now. */
  write(piece: Bytes): Row[];
  /** Answers the last row, if there is a rest. */
  end(): Row[];
}

/** A writer for one value. */
export function chunkWriter(keyOf: ChunkKey): ChunkWriter {
  const rest = new Uint8Array(CHUNK_BYTES);
  let restBytes = 0;
  let bytes = 0;
  let index = 0;
  const row = (chunk: Bytes): Row => {
    const key = keyOf(index++);
    return { key, value: seal(chunk, key) };
  };
  return {
    get bytes() {
      return bytes;
    },
    write(piece) {
      bytes += piece.length;
      const rows: Row[] = [];
      let at = 0;
      while (restBytes + piece.length - at >= CHUNK_BYTES) {
        const end = at + CHUNK_BYTES - restBytes;
        // A whole chunk of the piece is sealed where it lies, not copied twice.
        if (restBytes > 0) rest.set(piece.subarray(at, end), restBytes);
        rows.push(row(restBytes > 0 ? rest : piece.subarray(at, end)));
        restBytes = 0;
        at = end;
      }
      rest.set(piece.subarray(at), restBytes);
      restBytes += piece.length - at;
      return rows;
    },
    end() {
      const rows = restBytes > 0 ? [row(rest.subarray(0, restBytes))] : [];
      restBytes = 0;
      return rows;
    },
  };
}

/** The rows of a value that is in memory as a whole. */
export function chunkRows(value: Bytes, keyOf: ChunkKey): Row[] {
  const writer = chunkWriter(keyOf);
  return [...writer.write(value), ...writer.end()];
}

/** The row keys of a value of `bytes` bytes, for its deletion. */
export function chunkKeys(bytes: number, keyOf: ChunkKey): Bytes[] {
  return Array.from({ length: Math.ceil(bytes / CHUNK_BYTES) }, (_, index) => keyOf(index));
}

/** Which bytes of a value to read: `from` ≤ byte < `to`; `to` is at most the value's length. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
  /** Bytes to fetch from the store at a time, at least one row; default 256 KiB. */
  readonly windowBytes?: number;
}

/**
 * Reads a part of a value, in pieces of at most `CHUNK_BYTES`; the next window is fetched when the last one has
 * been taken.
 * @throws {HeartyError} `damaged` if a row is missing, changed or too short.
 */
export async function* readChunks(
  store: Pick<KV, "getMany">,
  keyOf: ChunkKey,
  range: ByteRange,
): AsyncGenerator<Bytes, void, void> {
  const { from, to, windowBytes = 4 * CHUNK_BYTES } = range;
  const windowRows = Math.max(1, Math.floor(windowBytes / CHUNK_BYTES));
  const end = Math.ceil(to / CHUNK_BYTES);
  for (let first = Math.floor(from / CHUNK_BYTES); first < end; first += windowRows) {
    const keys: Bytes[] = [];
    for (let i = first; i < Math.min(first + windowRows, end); i++) keys.push(keyOf(i));
    const values = await store.getMany(keys);
    for (const [i, key] of keys.entries()) {
      const start = (first + i) * CHUNK_BYTES;
      const value = values[i] ?? null;
      const chunk = value === null ? "damaged" : unseal(value, key);
      if (chunk === "damaged" || chunk.length < Math.min(to - start, CHUNK_BYTES)) {
        throw new HeartyError(refuse("damaged", {
          detail: `Cannot read a stored value: its piece ${first + i} is damaged`,
        }));
      }
      const piece = chunk.subarray(Math.max(0, from - start), Math.min(to - start, CHUNK_BYTES));
      if (piece.length > 0) yield piece;
    }
  }
}
