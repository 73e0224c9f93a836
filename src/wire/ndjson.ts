// NDJSON: one record a line, written for readers and read from clients.

import { type Refusal, refuse } from "../core/problem.ts";
import { ByteWriter } from "./byte-writer.ts";
import { MEDIA } from "./media.ts";
import { endRecord, type StreamForm, writeItemRecord } from "./records.ts";

/** Items as records, one a line; the end record is the last. */
export function ndjsonForm(): StreamForm {
  return {
    contentType: MEDIA.ndjson,
    open() {},
    item(out, item) {
      writeItemRecord(out, item);
      out.text("\n");
    },
    end(out, end) {
      out.text(`${endRecord(end)}\n`);
    },
  };
}

/** One line that holds something. */
export interface Line {
  /** Its place in the text, from 1; blank lines are counted. */
  readonly number: number;
  /** Without its line break. May be a part of the chunk that was pushed. */
  readonly bytes: Uint8Array;
}

/** Cuts a stream of bytes into lines, of which it never holds more than one. */
export class LineSplitter {
  readonly #bytesMax: number;
  /** The beginning of a line that has not ended. */
  readonly #begun = new ByteWriter();
  #number = 1;

  /** Lines may have up to `bytesMax` bytes. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * The lines that this chunk completes, but for blank ones; or a refusal of one that is too long.
   */
  push(chunk: Uint8Array): Line[] | Refusal {
    const lines: Line[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      // One byte more may be the carriage return of the line break.
      if (this.#begun.length + piece.length > this.#bytesMax + 1) return this.#refuse();
      if (end === -1) {
        this.#begun.bytes(piece);
        return lines;
      }
      const line = this.#complete(piece);
      if (line.bytes.length > this.#bytesMax) return this.#refuse(line.number);
      if (!isBlank(line.bytes)) lines.push(line);
      start = end + 1;
    }
  }

  /** The last line, if it has no line break; null if there is none. */
  finish(): Line | Refusal | null {
    const line = this.#complete(EMPTY);
    if (line.bytes.length > this.#bytesMax) return this.#refuse(line.number);
    return isBlank(line.bytes) ? null : line;
  }

  #complete(piece: Uint8Array): Line {
    let bytes = piece;
    if (this.#begun.length > 0) {
      this.#begun.bytes(piece);
      bytes = this.#begun.take();
    }
    const number = this.#number++;
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    if (number === 1 && BYTE_ORDER_MARK.every((b, i) => bytes[i] === b)) bytes = bytes.subarray(3);
    return { number, bytes };
  }

  #refuse(number = this.#number): Refusal {
    return refuse("input-too-large", {
      detail: `Cannot read line ${number}: it has more than ${this.#bytesMax} bytes`,
      extras: { line: number },
    });
  }
}

const EMPTY = new Uint8Array(0);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function isBlank(line: Uint8Array): boolean {
  return line.every((b) => b === 0x20 || b === 0x09 || b === CARRIAGE_RETURN);
}
