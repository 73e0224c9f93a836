// The tokens of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), read strictly: text is UTF-8, and no
// announced length is believed that the rest of the bytes cannot hold.

import { decodeUtf8 } from "./bytes.ts";

/** Bytes that are no MessagePack; the message says why. */
export class MessagePackError extends Error {
  override readonly name = "MessagePackError";
}

/** What a token is. `float` is a number in a float's form, whatever its value; `integer` is one in an integer's. */
export type PackedType =
  | "nil"
  | "boolean"
  | "integer"
  | "float"
  | "text"
  | "binary"
  | "extension"
  | "array"
  | "map";

/** Reads tokens one by one. The last one read stands in its fields. */
export class PackedReader {
  type: PackedType = "nil";
  /** Of a number or boolean; a bigint where no double holds the integer for sure (beyond 2^53). */
  value: number | bigint | boolean = 0;
  /** Of an array its elements, of a map its members; of text, binary and extension their bytes. */
  size = 0;
  /** Where the token begins, and where it ends; an array's or map's parts come behind its end. */
  start = 0;
  end = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads the next token. @throws {MessagePackError} */
  next(): void {
    this.start = this.end;
    const head = this.#bytes[this.#take(1)]!;
    if (head < 0x80) this.#number("integer", head);
    else if (head < 0x90) this.#parts("map", head & 0x0f);
    else if (head < 0xa0) this.#parts("array", head & 0x0f);
    else if (head < 0xc0) this.#run("text", head & 0x1f);
    else if (head >= 0xe0) this.#number("integer", head - 0x100);
    else this.#long(head);
  }

  /** The text of a text token. @throws {MessagePackError} if it is no UTF-8. */
  text(): string {
    const text = decodeUtf8(this.#bytes.subarray(this.end - this.size, this.end));
    if (text === null) throw new MessagePackError(`a text that is no UTF-8 at byte ${this.start}`);
    return text;
  }

  /** Checks a text token without making its text, where it is ASCII. @throws {MessagePackError} if it is no UTF-8. */
  checkText(): void {
    for (let at = this.end - this.size; at < this.end; at++) {
      if (this.#bytes[at]! >= 0x80) return void this.text();
    }
  }

  /** The token as it is spelled. */
  spelling(): Uint8Array {
    return this.#bytes.subarray(this.start, this.end);
  }

  #long(head: number): void {
    const view = this.#view;
    switch (head) {
      case 0xc0:
        this.type = "nil";
        return;
      case 0xc2:
      case 0xc3:
        this.type = "boolean";
        this.value = head === 0xc3;
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#run("binary", this.#count(head - 0xc4));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#run("extension", this.#count(head - 0xc7) + EXTENSION_TYPE_BYTES);
      case 0xca:
        return this.#number("float", view.getFloat32(this.#take(4)));
      case 0xcb:
        return this.#number("float", view.getFloat64(this.#take(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#number("integer", this.#count(head - 0xcc));
      case 0xcf:
        return this.#number("integer", narrow(view.getBigUint64(this.#take(8))));
      case 0xd0:
        return this.#number("integer", view.getInt8(this.#take(1)));
      case 0xd1:
        return this.#number("integer", view.getInt16(this.#take(2)));
      case 0xd2:
        return this.#number("integer", view.getInt32(this.#take(4)));
      case 0xd3:
        return this.#number("integer", narrow(view.getBigInt64(this.#take(8))));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#run("extension", (1 << (head - 0xd4)) + EXTENSION_TYPE_BYTES);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#run("text", this.#count(head - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#parts("array", this.#count(head - 0xdb));
      case 0xde:
      case 0xdf:
        return this.#parts("map", this.#count(head - 0xdd));
    }
    throw new MessagePackError(`a value of no known form at byte ${this.start}`);
  }

  #number(type: "integer" | "float", value: number | bigint): void {
    this.type = type;
    this.value = value;
  }

  #run(type: "text" | "binary" | "extension", bytes: number): void {
    this.type = type;
    this.size = bytes;
    this.#take(bytes);
  }

  /** Each part takes a byte at least, so a count that cannot be is refused before anything is made for it. */
  #parts(type: "array" | "map", count: number): void {
    const bytesMin = type === "map" ? 2 * count : count;
    if (bytesMin > this.#bytes.length - this.end) throw new MessagePackError(CUT);
    this.type = type;
    this.size = count;
  }

  /** An unsigned integer of 1, 2 or 4 bytes: two to the power of `log`. */
  #count(log: number): number {
    const at = this.#take(1 << log);
    return log === 0
      ? this.#view.getUint8(at)
      : log === 1
      ? this.#view.getUint16(at)
      : this.#view.getUint32(at);
  }

  /** Goes on by some bytes; the answer is where they begin. */
  #take(bytes: number): number {
    const at = this.end;
    if (bytes > this.#bytes.length - at) throw new MessagePackError(CUT);
    this.end = at + bytes;
    return at;
  }
}

const CUT = "the bytes end too early";
const EXTENSION_TYPE_BYTES = 1;

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
