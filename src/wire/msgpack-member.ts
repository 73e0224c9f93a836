// One member out of a MessagePack map as the bytes it came in: a value that JSON cannot say is stored as it was sent,
// never decoded and encoded again.

import { PackedReader } from "../base/packed-reader.ts";

/** The encoded value of a member of a map, out of bytes that were decoded before. Of equal names the last counts. */
export function memberBytes(map: Uint8Array, name: string): Uint8Array | null {
  const reader = new PackedReader(map);
  reader.next();
  let found: Uint8Array | null = null;
  for (let left = reader.size; left > 0; left--) {
    reader.next();
    const isWanted = reader.type === "text" && reader.text() === name;
    const start = reader.end;
    skipValue(reader);
    if (isWanted) found = map.subarray(start, reader.end);
  }
  return found;
}

function skipValue(reader: PackedReader): void {
  for (let left = 1; left > 0; left--) {
    reader.next();
    if (reader.type === "array") left += reader.size;
    else if (reader.type === "map") left += 2 * reader.size;
  }
}
