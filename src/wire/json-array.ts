// A stream as one JSON array, for readers that know nothing of records: a stream's values, a
// batch's item records.

import type { ByteWriter } from "./byte-writer.ts";
import { MEDIA } from "./media.ts";
import {
  binaryMembers,
  endRecord,
  type StoredItem,
  type StreamForm,
  writeItemRecord,
} from "./records.ts";
import { asJson } from "./transcode.ts";

/**
 * Items as elements, one a line; if the promise is rejected on the way, the end record is the last
 * element.
 */
export function jsonArrayForm(): StreamForm {
  let separator = "\n";
  return {
    contentType: MEDIA.json,
    open(out) {
      out.text("[");
    },
    item(out, item) {
      out.text(separator);
      separator = ",\n";
      writeElement(out, item);
    },
    end(out, end) {
      if (end.end === "rejected") out.text(`${separator}${endRecord(end)}`);
      out.text("\n]\n");
    },
  };
}

function writeElement(out: ByteWriter, item: StoredItem): void {
  if (item.child !== undefined) return writeItemRecord(out, item);
  const json = asJson(item);
  if (json === null) out.text(`{${binaryMembers(item)}}`);
  else out.jsonLine(json);
}
