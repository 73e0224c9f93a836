// Items and ends that the tests of every form write.

import { parsePromiseId, type PromiseId } from "../../src/core/ids.ts";
import type { JobError } from "../../src/core/terms.ts";
import { ByteWriter } from "../../src/wire/byte-writer.ts";
import type { StoredItem, StreamEnd, StreamForm } from "../../src/wire/records.ts";

export const PROMISE: PromiseId = parsePromiseId("01935e4c-0000-7000-8000-000000000001")!;
export const SOURCE: PromiseId = parsePromiseId("01935e4c-0000-7000-8000-000000000002")!;

export const ERROR: JobError = {
  reason: "failed",
  name: "BadCurve",
  message: 'No "rate"\nfor 2031',
  retryable: false,
  detail: '{"year":\n9007199254740993}',
};
export const ERROR_TEXT =
  '{"reason":"failed","name":"BadCurve","message":"No \\"rate\\"\\nfor 2031",' +
  '"retryable":false,"detail":{"year": 9007199254740993}}';

export const FULFILLED: StreamEnd = { end: "fulfilled", items: 2 };
export const REJECTED: StreamEnd = { end: "rejected", items: 2, error: ERROR };

/** An item whose body is this text. */
export function item(seq: number, body: string, type = "application/json"): StoredItem {
  return { seq, type, body: new TextEncoder().encode(body) };
}

/** An item whose body are these bytes. */
export function binaryItem(seq: number, type: string, ...bytes: number[]): StoredItem {
  return { seq, type, body: Uint8Array.from(bytes) };
}

/** What a function writes. */
export function written(write: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  write(out);
  return out.take();
}

/** What a function writes, as text. */
export function textOf(write: (out: ByteWriter) => void): string {
  return new TextDecoder().decode(written(write));
}

/** A whole stream in a form. */
export function stream(form: StreamForm, items: readonly StoredItem[], end: StreamEnd): Uint8Array {
  return written((out) => {
    form.open(out);
    for (const one of items) form.item(out, one);
    form.end(out, end);
  });
}

/** A whole stream in a form, as text. */
export function streamText(form: StreamForm, items: readonly StoredItem[], end: StreamEnd): string {
  return new TextDecoder().decode(stream(form, items, end));
}
