// Records as MessagePack values, one after another. Values of items are spliced in as they are
// stored.

import { encode } from "../base/msgpack.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { errorDocument } from "./error-document.ts";
import { MEDIA } from "./media.ts";
import type { StoredItem, StreamForm } from "./records.ts";
import { asMsgpack } from "./transcode.ts";

/**
 * Items as maps `{seq, value}`, or `{seq, type, body}` where MessagePack cannot say the value; then
 * the end record.
 */
export function msgpackForm(): StreamForm {
  return {
    contentType: MEDIA.msgpack,
    open() {},
    item: writeItem,
    end(out, end) {
      const record = end.end === "rejected" ? { ...end, error: errorDocument(end.error) } : end;
      out.bytes(encode(record));
    },
  };
}

function writeItem(out: ByteWriter, item: StoredItem): void {
  const { seq, child } = item;
  const members = child === undefined
    ? { seq }
    : { seq, index: child.index, promise: child.promise };
  if (child !== undefined && child.error !== null) {
    out.bytes(encode({ ...members, error: errorDocument(child.error) }));
  } else if (child !== undefined && child.items !== null) {
    out.bytes(encode({ ...members, items: child.items }));
  } else writeBody(out, members, item);
}

function writeBody(out: ByteWriter, members: object, item: StoredItem): void {
  const value = asMsgpack(item);
  if (value !== null) {
    writeOpenMap(out, members, VALUE);
    out.bytes(value);
  } else {
    writeOpenMap(out, { ...members, type: item.type }, BODY);
    out.bytes(binHeader(item.body.length));
    out.bytes(item.body);
  }
}

const VALUE = encode("value");
const BODY = encode("body");

/**
 * Writes a map that lacks the value of its last key: a small map's first byte is 0x80 and the count
 * of its members.
 */
function writeOpenMap(out: ByteWriter, members: object, lastKey: Uint8Array): void {
  const map = encode(members);
  map[0]! += 1;
  out.bytes(map);
  out.bytes(lastKey);
}

/** The header of a `bin 32`. */
function binHeader(length: number): Uint8Array {
  return Uint8Array.of(0xc6, length >>> 24, length >>> 16, length >>> 8, length);
}
