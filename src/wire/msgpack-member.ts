// One member out of a MessagePack map as the bytes it came in: a value that JSON cannot say is stored as it was sent,
// never decoded and encoded again.

/** The encoded value of a member of a map that was decoded before, so is known to be whole. Of equal names the last counts. */
export function memberBytes(map: Uint8Array, name: string): Uint8Array | null {
  const view = new DataView(map.buffer, map.byteOffset, map.byteLength);
  const first = map[0]!;
  const isShort = first < 0x90;
  let left = isShort ? first & 0x0f : first === 0xde ? view.getUint16(1) : view.getUint32(1);
  let at = isShort ? 1 : first === 0xde ? 3 : 5;
  let found: Uint8Array | null = null;
  for (; left > 0; left--) {
    const start = skipValue(map, view, at);
    const end = skipValue(map, view, start);
    if (isString(map.subarray(at, start), name)) found = map.subarray(start, end);
    at = end;
  }
  return found;
}

/** Where the value that begins at `from` is over. */
function skipValue(bytes: Uint8Array, view: DataView, from: number): number {
  let at = from;
  for (let left = 1; left > 0; left--) {
    const head = bytes[at++]!;
    if (head < 0x80 || head >= 0xe0) continue; // a small integer
    if (head < 0x90) left += 2 * (head & 0x0f);
    else if (head < 0xa0) left += head & 0x0f;
    else if (head < 0xc0) at += head & 0x1f;
    else {
      const { lengthBytes, fixed, each } = LAYOUT[head - 0xc0]!;
      const length = lengthBytes === 0
        ? 0
        : lengthBytes === 1
        ? bytes[at]!
        : lengthBytes === 2
        ? view.getUint16(at)
        : view.getUint32(at);
      at += lengthBytes + fixed;
      if (each > 0) left += each * length;
      else at += length;
    }
  }
  return at;
}

function isString(encoded: Uint8Array, text: string): boolean {
  const head = encoded[0]!;
  const headBytes = head < 0xc0 ? 1 : head === 0xd9 ? 2 : head === 0xda ? 3 : head === 0xdb ? 5 : 0;
  return head >= 0xa0 && headBytes > 0 &&
    new TextDecoder().decode(encoded.subarray(headBytes)) === text;
}

/** How a value with a head of 0xc0 … 0xdf goes on. */
interface Layout {
  /** Bytes of a length that follows the head. */
  readonly lengthBytes: 0 | 1 | 2 | 4;
  /** Further bytes. */
  readonly fixed: number;
  /** Values for each unit of the length; 0: it counts bytes. */
  readonly each: 0 | 1 | 2;
}

// The format's own table, https://github.com/msgpack/msgpack/blob/master/spec.md, from nil (0xc0) to map 32 (0xdf).
const LAYOUT: readonly Layout[] = [
  ...[0, 0, 0, 0].map(plain), // nil, never used, false, true
  ...[counted(1, 0), counted(2, 0), counted(4, 0)], // bin
  ...[counted(1, 1), counted(2, 1), counted(4, 1)], // ext: a type goes before the bytes
  ...[4, 8].map(plain), // float
  ...[1, 2, 4, 8].map(plain), // uint
  ...[1, 2, 4, 8].map(plain), // int
  ...[2, 3, 5, 9, 17].map(plain), // fixext: type and bytes
  ...[counted(1, 0), counted(2, 0), counted(4, 0)], // str
  ...[{ ...counted(2, 0), each: 1 }, { ...counted(4, 0), each: 1 }] as const, // array
  ...[{ ...counted(2, 0), each: 2 }, { ...counted(4, 0), each: 2 }] as const, // map
];

function plain(fixed: number): Layout {
  return { lengthBytes: 0, fixed, each: 0 };
}

function counted(lengthBytes: 1 | 2 | 4, fixed: number): Layout {
  return { lengthBytes, fixed, each: 0 };
}
