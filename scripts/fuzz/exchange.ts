// One request and its answer over a socket of its own: any bytes can be sent, and what comes back is read as HTTP.

import { Buffer } from "node:buffer";
import { connect } from "node:net";

/** Where the server is. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What is sent, and how. */
export interface Sending {
  readonly bytes: Uint8Array;
  /** Leaves without another word once so many bytes are out; default: never. */
  readonly leaveAfter?: number;
  /** Leaves once so many bytes of the body have come; default: when the answer is whole. */
  readonly readMax?: number;
  /** How long to wait for the answer, in ms. */
  readonly patienceMs?: number;
}

/** An answer; `isWhole`: it came to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

/** No answer: the connection was closed, or nothing came. */
export type Silence = "closed" | "nothing";

const PATIENCE_MS = 10_000;

/** Sends bytes and reads the answer. */
export function exchange(
  address: Address,
  { bytes, leaveAfter, readMax = Infinity, patienceMs = PATIENCE_MS }: Sending,
): Promise<Answer | Silence> {
  const isHead = Buffer.from(bytes.subarray(0, 5)).toString("latin1") === "HEAD ";
  return new Promise((resolve) => {
    const socket = connect({ ...address, noDelay: true });
    let got = Buffer.alloc(0);
    const end = (silence: Silence, isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(readAnswer(got, { isHead, isClosed }) ?? silence);
    };
    const timer = setTimeout(() => end("nothing", false), patienceMs);
    socket.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      const answer = readAnswer(got, { isHead, isClosed: false });
      if (answer !== null && (answer.isWhole || answer.body.length >= readMax)) {
        end("nothing", false);
      }
    });
    // A connection that is cut tells the same as one that is closed: no more will come.
    socket.on("error", () => end("closed", true));
    socket.on("close", () => end("closed", true));
    socket.write(leaveAfter === undefined ? bytes : bytes.subarray(0, leaveAfter), () => {
      if (leaveAfter !== undefined) end("closed", true);
    });
  });
}

/** The answer as far as it has come; null: not even its head. */
function readAnswer(
  bytes: Buffer,
  { isHead, isClosed }: { isHead: boolean; isClosed: boolean },
): Answer | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const [first = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? NaN);
  const rest = bytes.subarray(headEnd + 4);
  if (status === 100) return readAnswer(rest, { isHead, isClosed });
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const answer = { status, headers };
  if (isHead || status === 204 || status === 304 || status === 101) {
    return { ...answer, body: rest, isWhole: true };
  }
  if (headers.get("transfer-encoding") === "chunked") return { ...answer, ...joinChunks(rest) };
  const length = headers.get("content-length");
  if (length === undefined) return { ...answer, body: rest, isWhole: isClosed };
  // What comes behind it answers another request.
  const body = rest.subarray(0, Number(length));
  return { ...answer, body, isWhole: body.length === Number(length) };
}

function joinChunks(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const chunks: Buffer[] = [];
  for (let at = 0;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd === -1 ? NaN : parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const isWhole = size === 0;
    if (isWhole || !(lineEnd + 2 + size <= bytes.length)) {
      return { body: Buffer.concat(chunks), isWhole };
    }
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}
