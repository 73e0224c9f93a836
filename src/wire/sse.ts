// Server-sent events (HTML, section 9.2): what `GET …/events` says, event by event.

import type { PromiseId } from "../core/ids.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { openEndRecord, type StoredItem, type StreamEnd, writeItemRecord } from "./records.ts";

/** Largest JSON value that an end event carries itself, in bytes; larger ones are linked. */
export const INLINE_RESULT_BYTES_MAX = 64 * 1024;

/** Where an event belongs. */
export interface EventPlace {
  /** What the reader gives back as `Last-Event-ID`. */
  readonly id: string;
  /** Whose event it is, where many promises share a stream. */
  readonly source?: PromiseId;
}

/**
 * What an end event says of one value: the value as JSON text, or where it is. Null: the result is
 * items.
 */
export type EndResult = { readonly json: Uint8Array } | { readonly link: string } | null;

/**
 * An event that moves no cursor: `status`, `progress`. `data` is JSON text on one line, as
 * JSON.stringify makes it.
 */
export function writeEvent(out: ByteWriter, event: string, data: string): void {
  out.text(`event: ${event}\ndata: ${data}\n\n`);
}

/** An `item` event. */
export function writeItemEvent(out: ByteWriter, item: StoredItem, place: EventPlace): void {
  out.text(`event: item\nid: ${place.id}\ndata: `);
  writeItemRecord(out, item, place.source);
  out.text("\n\n");
}

/** A `fulfilled` or `rejected` event: the end record, and the one value or its link. */
export function writeEndEvent(
  out: ByteWriter,
  end: StreamEnd,
  { id, source, result }: EventPlace & { readonly result: EndResult },
): void {
  out.text(`event: ${end.end}\nid: ${id}\ndata: `);
  const record = openEndRecord(end);
  out.text(source === undefined ? record : `{"promise":"${source}",${record.slice(1)}`);
  if (result !== null && "link" in result) out.text(`,"link":${JSON.stringify(result.link)}`);
  else if (result !== null) {
    out.text(',"result":');
    out.jsonLine(result.json);
  }
  out.text("}\n\n");
}

/** A line that readers skip: it keeps a silent connection open. */
export function writeComment(out: ByteWriter, text: string): void {
  out.text(`: ${text}\n\n`);
}

/** How long a reader waits before it connects again. */
export function writeRetry(out: ByteWriter, ms: number): void {
  out.text(`retry: ${ms}\n\n`);
}
