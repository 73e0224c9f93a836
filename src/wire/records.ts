// Item records and end records: what a stream of results is made of, in every form, and how JSON
// spells them.
//
// R1. A JSON item is never parsed on its way out: its text is spliced in, so that integers of any
//     length stay exact.
// R2. A record is one line, whatever the worker's JSON looked like.

import type { JobError } from "../core/terms.ts";
import type { PromiseId } from "../core/ids.ts";
import { toBase64 } from "./base64.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { ErrorDocument } from "./error-document.ts";
import { asJson, type Body } from "./transcode.ts";

/** One stored item, as the read side hands it on. */
export interface StoredItem extends Body {
  readonly seq: number;
  /** Of a batch's item: which child, and how it ended. */
  readonly child?: ChildOutcome;
}

/**
 * Which child of a batch, and how it ended: with an error, as so many items, or else with the
 * item's body as its value.
 */
export interface ChildOutcome {
  readonly index: number;
  /** Null if the child was refused on its own, so that there is no promise. */
  readonly promise: PromiseId | null;
  readonly error: JobError | null;
  /** How many items a child that is itself a stream has; null if it has one value, or an error. */
  readonly items: number | null;
}

/** How a stream ended. */
export type StreamEnd =
  | { readonly end: "fulfilled"; readonly items: number }
  | { readonly end: "rejected"; readonly items: number; readonly error: JobError };

/** An item record as a reader gets it; `index` and `promise` are a batch's. */
export type ItemRecord =
  & { readonly seq: number; readonly index?: number; readonly promise?: PromiseId | null }
  & (
    | { readonly value: unknown }
    | { readonly type: string; readonly base64: string }
    | { readonly error: ErrorDocument }
    | { readonly items: number }
  );

/** An end record as a reader gets it. */
export type EndRecord =
  | { readonly end: "fulfilled"; readonly items: number }
  | { readonly end: "rejected"; readonly items: number; readonly error: ErrorDocument };

/**
 * One form of a whole stream. One object writes one stream: `open`, then each item in order, then
 * `end`.
 */
export interface StreamForm {
  /** The answer's `Content-Type`. */
  readonly contentType: string;
  open(out: ByteWriter): void;
  item(out: ByteWriter, item: StoredItem): void;
  end(out: ByteWriter, end: StreamEnd): void;
}

/**
 * Writes an item record as JSON. Where events of many promises share a stream, `source` says whose
 * item it is: that is then the record's `promise`, and a batch's child is its `child`.
 */
export function writeItemRecord(out: ByteWriter, item: StoredItem, source?: PromiseId): void {
  const { child } = item;
  out.text(source === undefined ? "{" : `{"promise":"${source}",`);
  out.text(`"seq":${item.seq},`);
  if (child !== undefined) {
    const name = source === undefined ? "promise" : "child";
    out.text(`"index":${child.index},"${name}":${JSON.stringify(child.promise)},`);
  }
  if (child !== undefined && child.error !== null) out.text(`"error":${errorText(child.error)}}`);
  else if (child !== undefined && child.items !== null) out.text(`"items":${child.items}}`);
  else writeBody(out, item);
}

function writeBody(out: ByteWriter, item: StoredItem): void {
  const json = asJson(item);
  if (json === null) out.text(`${binaryMembers(item)}}`);
  else {
    out.text('"value":');
    out.jsonLine(json);
    out.text("}");
  }
}

/** The members by which JSON carries a body that it cannot say. */
export function binaryMembers({ type, body }: StoredItem): string {
  return `"type":${JSON.stringify(type)},"base64":"${toBase64(body)}"`;
}

/** An end record as JSON, without its closing brace, so that members can follow. */
export function openEndRecord(end: StreamEnd): string {
  const start = `{"end":"${end.end}","items":${end.items}`;
  return end.end === "fulfilled" ? start : `${start},"error":${errorText(end.error)}`;
}

/** An end record as JSON. */
export function endRecord(end: StreamEnd): string {
  return `${openEndRecord(end)}}`;
}

/** An error document as JSON, its detail spliced in as the items are (R1, R2). */
function errorText({ reason, name, message, retryable, detail }: JobError): string {
  const members = JSON.stringify({ reason, name, message, retryable }).slice(0, -1);
  return `${members},"detail":${detail === null ? "null" : detail.replace(/[\r\n]/g, " ")}}`;
}
