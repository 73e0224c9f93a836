// Requests as bytes. Nothing in them is corrected on the way.

import { Buffer } from "node:buffer";

/** A request before it is bytes. Text is sent one byte a character where it can be, else as UTF-8. */
export interface Request {
  readonly method: string;
  /** What stands between the method and the version. */
  readonly target: string;
  /** Lines of the header; `Host` is put before them unless one is among them. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** With its length, unless a header says how long it is. */
  readonly body?: Uint8Array | string;
}

/** The bytes of a request. */
export function requestBytes({ method, target, headers = [], body }: Request): Uint8Array {
  const lines = [...headers];
  const has = (name: string) => lines.some(([known]) => known.toLowerCase() === name);
  if (!has("host")) lines.unshift(["Host", "localhost"]);
  const bytes = typeof body === "string" ? Buffer.from(body) : body ?? new Uint8Array(0);
  if (body !== undefined && !has("content-length") && !has("transfer-encoding")) {
    lines.push(["Content-Length", String(bytes.length)]);
  }
  const head = `${method} ${target} HTTP/1.1\r\n${
    lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")
  }\r\n`;
  return Buffer.concat([textBytes(head), bytes]);
}

/** What a person can read of a request that did something wrong. */
export function shown(bytes: Uint8Array): string {
  const text = JSON.stringify(Buffer.from(bytes).toString("latin1"));
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}… (${bytes.length} bytes)` : text;
}

const SHOWN_MAX = 600;

function textBytes(text: string): Buffer {
  return Buffer.from(text, /^[\0-\xff]*$/.test(text) ? "latin1" : "utf8");
}
