// A reader and a form make a body: pulled, never pushed, so that back-pressure reaches the store.
//
// B1. A body holds at most READ_BYTES_MAX and one item at a time.
// B2. A client that takes nothing for STALL_MS while something waits for it is dropped.

import type { Clock } from "../base/clock.ts";
import { READ_BYTES_MAX } from "../core/limits.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import type { StreamForm } from "../wire/records.ts";
import type { Reader } from "./reader.ts";

/** How long a client may leave what is ready for it, in ms (B2). */
export const STALL_MS = 60_000;

/** Writes the next part of a body; `isEnd`: it was the last. Resolves without bytes only when aborted. */
export type Produce = (out: ByteWriter, signal: AbortSignal) => Promise<{ isEnd: boolean }>;

/** What a body needs beside its producer. */
export interface BodyOptions {
  readonly clock: Clock;
  /** Ends the body in an orderly way after a whole record: the server stops. */
  readonly stop: AbortSignal;
  /** Called once when the body is over, however it ended. */
  readonly onEnd: () => void;
  /** Called when it ended by a fault. */
  readonly onFault: (error: unknown) => void;
}

/** All items of a reader in a form, then its end. */
export function streamBody(
  reader: Reader,
  form: StreamForm,
  options: BodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOpen = false;
  return pulledBody(async (out, signal) => {
    if (!isOpen) {
      isOpen = true;
      form.open(out);
      if (out.length > 0) return { isEnd: false };
    }
    const read = await reader.read(signal);
    if (read === null) return { isEnd: true };
    if ("items" in read) {
      for (const item of read.items) form.item(out, item);
      return { isEnd: false };
    }
    form.end(out, read.end);
    return { isEnd: true };
  }, options);
}

/** A body whose parts are produced when they are asked for. */
export function pulledBody(
  produce: Produce,
  { clock, stop, onEnd, onFault }: BodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const abort = new AbortController();
  const signal = AbortSignal.any([stop, abort.signal]);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let isEnd = false;
  let isOver = false;
  let disarm: (() => void) | null = null;
  const over = () => {
    if (isOver) return;
    isOver = true;
    disarm?.();
    abort.abort();
    onEnd();
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      disarm?.();
      try {
        if (pieces.length === 0 && !isEnd) {
          const out = new ByteWriter();
          ({ isEnd } = await produce(out, signal));
          if (isOver) return; // The reader left meanwhile: the stream takes nothing more.
          cut(out.take(), pieces);
        }
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        if (isOver) return; // It left as it was handed that, which Deno tells from within.
        if (isEnd && pieces.length === 0) {
          controller.close();
          return over();
        }
        disarm = clock.timer(clock.now().mono + STALL_MS, () => { // B2
          controller.error(new Error("The reader stalled"));
          over();
        });
      } catch (error) {
        onFault(error);
        controller.error(error);
        over();
      }
    },
    cancel: over,
  }, { highWaterMark: 0 });
}

/** What was produced goes out in pieces of a size that connections like. */
function cut(chunk: Uint8Array<ArrayBuffer>, pieces: Uint8Array<ArrayBuffer>[]): void {
  for (let at = 0; at < chunk.length; at += READ_BYTES_MAX) {
    pieces.push(chunk.subarray(at, at + READ_BYTES_MAX));
  }
}
