// A request's body, read with a limit and a deadline. No route reads one in any other way.

import type { Clock } from "../base/clock.ts";
import { isRefusal, type ProblemCode, type Refusal, refuse } from "../core/problem.ts";
import type { Connection } from "./connection.ts";

/** How long a body may be silent, in ms. */
const SILENCE_MS = 10_000;
/** After this long, in ms, a body must have come at a least speed on average. */
const SLOW_AFTER_MS = 30_000;
const LEAST_BYTES_PER_SECOND = 1_024;
/** Bodies up to this size, in bytes, that tell it are not watched while they come: whoever is not too slow has sent them before it could be silent for too long. */
const SMALL_BYTES = LEAST_BYTES_PER_SECOND * (SILENCE_MS / 1_000);

/** What a body is read with. */
export interface BodyLimits {
  readonly bytesMax: number;
  /** The problem of one that is larger. */
  readonly tooLarge: Extract<ProblemCode, "input-too-large" | "body-too-large">;
  readonly clock: Clock;
  readonly connection: Connection | null;
}

/** The whole body. Nothing is known of a body that did not come whole. */
export async function readBody(
  request: Request,
  limits: BodyLimits,
): Promise<Uint8Array | Refusal> {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    return refuse("unsupported-media-type", {
      detail: `Cannot read a body in the coding "${encoding.slice(0, 40)}": send it as it is`,
    });
  }
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > limits.bytesMax) return tooLarge(limits);
  if (announced !== null && Number(announced) <= SMALL_BYTES) {
    // The runtime takes no more than was announced, so that the whole can be read at once.
    const whole = await withDeadline(limits.clock, request.bytes());
    return whole === "late" ? slow() : whole === "broken" ? broken() : whole;
  }
  if (request.body === null) return new Uint8Array(0);
  // A slow upload is timed here, not cut without an answer by the runtime.
  limits.connection?.keepOpen();
  const reader = request.body.getReader();
  const chunks = await readChunks(reader, limits);
  if (!isRefusal(chunks)) return join(chunks);
  reader.cancel().catch(() => undefined); // The client may be gone already.
  return chunks;
}

async function readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limits: BodyLimits,
): Promise<Uint8Array[] | Refusal> {
  const { clock, bytesMax } = limits;
  const startedAt = clock.now().mono;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const next = await withDeadline(clock, reader.read());
    if (next === "late") return slow();
    if (next === "broken") return broken();
    if (next.done) return chunks;
    chunks.push(next.value);
    bytes += next.value.length;
    if (bytes > bytesMax) return tooLarge(limits);
    const ms = clock.now().mono - startedAt;
    if (ms > SLOW_AFTER_MS && (bytes * 1_000) / ms < LEAST_BYTES_PER_SECOND) return slow();
  }
}

async function withDeadline<T>(clock: Clock, read: Promise<T>): Promise<T | "late" | "broken"> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const disarm = clock.timer(clock.now().mono + SILENCE_MS, () => resolve("late"));
  try {
    // Why a body breaks off differs by runtime and says nothing to the client.
    return await Promise.race([read.catch(() => "broken" as const), late]);
  } finally {
    disarm();
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge({ bytesMax, tooLarge: code }: BodyLimits): Refusal {
  return refuse(code, { detail: `Cannot take the body: it has over ${bytesMax} bytes` });
}

function broken(): Refusal {
  return refuse("malformed-request", { detail: "Cannot read the body: it did not come whole" });
}

function slow(): Refusal {
  return refuse("request-timeout", { detail: "Cannot read the body: it comes too slowly" });
}
