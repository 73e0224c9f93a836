// multipart/mixed (RFC 2046, section 5.1): a part an item, with the item's own media type, then a
// part for the end.
//
// Every delimiter is written right behind the part that it ends, so that a reader has a part as
// soon as we have it.

import { assert } from "../base/assert.ts";
import { ByteWriter } from "./byte-writer.ts";
import { headerMedia, MEDIA } from "./media.ts";
import { endRecord, type StoredItem, type StreamForm, writeItemRecord } from "./records.ts";
import type { Body } from "./transcode.ts";

/**
 * Items as parts. Each has `Hearty-Seq`, a batch's also `Hearty-Index` and `Hearty-Promise`; the
 * last part is the end record and has `Hearty-End`. `boundary` must be too random to occur in a
 * body: `hearty-` and a UUID.
 */
export function multipartForm(boundary: string): StreamForm {
  return {
    contentType: multipartType(boundary),
    open(out) {
      out.text(`--${boundary}`);
    },
    item(out, item) {
      writePart(out, bodyOf(item), itemHeaders(item));
      out.text(`--${boundary}`);
    },
    end(out, end) {
      const body = new TextEncoder().encode(endRecord(end));
      writePart(out, { type: MEDIA.json, body }, `Hearty-End: ${end.end}\r\n`);
      out.text(`--${boundary}--\r\n`);
    },
  };
}

/** One value as the only part. */
export function writeOnePart(out: ByteWriter, boundary: string, value: Body): void {
  out.text(`--${boundary}`);
  writePart(out, value, "");
  out.text(`--${boundary}--\r\n`);
}

/** The `Content-Type` with this boundary. */
export function multipartType(boundary: string): string {
  assert(BOUNDARY.test(boundary), "the boundary is legal without quotes");
  return `${MEDIA.multipart}; boundary=${boundary}`;
}

/** The characters that RFC 2046 allows and RFC 9110 takes outside quotes. */
const BOUNDARY = /^[0-9A-Za-z'+_.-]{1,70}$/;

/** Writes a part from the line break after its delimiter to the one before the next. */
function writePart(out: ByteWriter, { type, body }: Body, headers: string): void {
  out.text(
    `\r\nContent-Type: ${headerMedia(type)}\r\nContent-Length: ${body.length}\r\n${headers}\r\n`,
  );
  out.bytes(body);
  out.text("\r\n");
}

function itemHeaders({ seq, child }: StoredItem): string {
  let headers = `Hearty-Seq: ${seq}\r\n`;
  if (child !== undefined) headers += `Hearty-Index: ${child.index}\r\n`;
  if (child !== undefined && child.promise !== null) {
    headers += `Hearty-Promise: ${child.promise}\r\n`;
  }
  return headers;
}

/** The item's body; of a child without a value, its record. */
function bodyOf(item: StoredItem): Body {
  const { child } = item;
  if (child === undefined || (child.error === null && child.items === null)) return item;
  const record = new ByteWriter();
  writeItemRecord(record, item);
  return { type: MEDIA.json, body: record.take() };
}
