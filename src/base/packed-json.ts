// MessagePack as the JSON text that says the same, where JSON can. It is read strictly on the way: one value, no name
// twice, nothing behind it.

import { concatBytes, encodeUtf8, toHex } from "./bytes.ts";
import type { JsonFault } from "./json.ts";
import { isExactInteger } from "./json-token.ts";
import { MessagePackError, PackedReader } from "./packed-reader.ts";
import type { Steps } from "./steps.ts";

/** What became of MessagePack bytes. */
export type Transcript =
  /** JSON text of the same meaning, members in their order. */
  | { readonly type: "json"; readonly json: Uint8Array }
  /** It is a MessagePack value, but JSON or doubles cannot say it: the fault names the first reason. */
  | { readonly type: "beyond-json"; readonly fault: JsonFault }
  /** It is none. */
  | { readonly type: "malformed"; readonly fault: JsonFault };

/** Turns one MessagePack value into JSON text. Arrays and maps may lie `nestingMax` deep in each other. */
export function* packedToJson(bytes: Uint8Array, nestingMax: number): Steps<Transcript> {
  const transcriber = new Transcriber(bytes, nestingMax);
  try {
    while (!transcriber.some()) yield;
    return transcriber.transcript();
  } catch (error) {
    if (!(error instanceof MessagePackError)) throw error;
    return { type: "malformed", fault: transcriber.fault(`Not MessagePack: ${error.message}`) };
  }
}

/** Tokens between two pauses: about a millisecond. */
const STEP_TOKENS = 4_096;
/** Text is gathered in pieces of so many characters. */
const PIECE_CHARACTERS = 16_384;

/** An array or map whose parts are being read. */
interface Container {
  readonly isMap: boolean;
  readonly size: number;
  /** How many elements or members are complete. */
  count: number;
  /** The spellings of the names so far; null for an array. */
  readonly names: Set<string> | null;
  /** The name of the member whose value comes next; null while a name is due, and in an array. */
  name: string | null;
}

class Transcriber {
  readonly #bytes: Uint8Array;
  readonly #nestingMax: number;
  readonly #reader: PackedReader;
  readonly #open: Container[] = [];
  readonly #pieces: Uint8Array[] = [];
  #text = "";
  #beyond: JsonFault | null = null;

  constructor(bytes: Uint8Array, nestingMax: number) {
    this.#bytes = bytes;
    this.#nestingMax = nestingMax;
    this.#reader = new PackedReader(bytes);
  }

  /** Reads some tokens; true when the value is complete. */
  some(): boolean {
    for (let i = 0; i < STEP_TOKENS; i++) {
      this.#reader.next();
      const container = this.#open.at(-1);
      if (container !== undefined && container.isMap && container.name === null) {
        this.#name(container);
        continue;
      }
      if (container !== undefined && !container.isMap && container.count > 0) this.#text += ",";
      if (this.#opens()) continue;
      this.#text += this.#scalar();
      this.#close();
      if (this.#open.length === 0) return true;
    }
    if (this.#text.length > PIECE_CHARACTERS) this.#cut();
    return false;
  }

  transcript(): Transcript {
    if (this.#reader.end < this.#bytes.length) throw new MessagePackError("bytes behind the value");
    if (this.#beyond !== null) return { type: "beyond-json", fault: this.#beyond };
    this.#cut();
    return { type: "json", json: concatBytes(...this.#pieces) };
  }

  /** A fault of what is being read. */
  fault(message: string): JsonFault {
    const parts = this.#open.filter(({ isMap, name }) => !isMap || name !== null);
    return { path: parts.map(({ name, count }) => name ?? count), message };
  }

  #cut(): void {
    this.#pieces.push(encodeUtf8(this.#text));
    this.#text = "";
  }

  #name(container: Container): void {
    const { type } = this.#reader;
    if (type === "array" || type === "map") throw new MessagePackError(`${type} as a name`);
    const isText = type === "text";
    const name = isText ? this.#reader.text() : toHex(this.#reader.spelling());
    const id = isText ? `"${name}` : name;
    container.name = name;
    if (container.names!.has(id)) throw new MessagePackError("a second member of the same name");
    container.names!.add(id);
    if (!isText) this.#isBeyond("A name that is no text");
    this.#text += `${container.count > 0 ? "," : ""}${JSON.stringify(name)}:`;
  }

  /** Begins an array or map that has parts; false if this is none. */
  #opens(): boolean {
    const { type, size } = this.#reader;
    if ((type !== "array" && type !== "map") || size === 0) return false;
    if (this.#open.length === this.#nestingMax) throw new MessagePackError("too deeply nested");
    const isMap = type === "map";
    this.#open.push({ isMap, size, count: 0, names: isMap ? new Set() : null, name: null });
    this.#text += isMap ? "{" : "[";
    return true;
  }

  /** A value is complete, and so may be what it lies in. */
  #close(): void {
    for (
      let container = this.#open.at(-1);
      container !== undefined;
      container = this.#open.at(-1)
    ) {
      container.count++;
      container.name = null;
      if (container.count < container.size) return;
      this.#open.pop();
      this.#text += container.isMap ? "}" : "]";
    }
  }

  #scalar(): string {
    const { type, value } = this.#reader;
    switch (type) {
      case "nil":
        return "null";
      case "boolean":
        return String(value);
      case "integer":
        return isSayable(value) ? String(value) : this.#isBeyond("An integer that no double holds");
      case "float":
        return Number.isFinite(value) ? String(value) : this.#isBeyond(`A number that is ${value}`);
      case "text":
        return JSON.stringify(this.#reader.text());
      case "binary":
        return this.#isBeyond("A byte string");
      case "extension":
        return this.#isBeyond("A value of an extension type");
      case "array":
        return "[]";
      case "map":
        return "{}";
    }
  }

  /** JSON cannot say this; what is written in its place is not used. */
  #isBeyond(message: string): string {
    this.#beyond ??= this.fault(`${message}, which JSON cannot say`);
    return "null";
  }
}

function isSayable(integer: number | bigint | boolean): boolean {
  return typeof integer !== "bigint" || isExactInteger(String(integer < 0n ? -integer : integer));
}
