// Results as the command line prints them: one value byte for byte, a stream one JSON value a line, and with
// `--json` the item records and the end record.

import {
  type EndRecord,
  type HeartyClient,
  type ItemRecord,
  type PromiseDocument,
  type PromiseEvent,
  UnreachableError,
} from "../client/mod.ts";
import { EXIT } from "./command.ts";
import type { Output, Progress } from "./output.ts";

/** What is to be printed. */
export interface Wanted {
  readonly id: string;
  /** Records instead of values. */
  readonly isJson: boolean;
  readonly from?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bears a server that is away for some two minutes. */
const FAILURES_MAX = 30;

/** Prints a promise's result, following it until its end; the answer is the exit code. */
export async function printResult(
  out: Output,
  client: HeartyClient,
  { id, isJson, from = 0, signal }: Wanted,
): Promise<number> {
  const options = { from, signal, failuresMax: FAILURES_MAX };
  if (isJson) {
    let end: EndRecord | null = null;
    for await (const record of client.follow(id, options)) {
      await out.print(`${JSON.stringify(record)}\n`);
      if ("end" in record) end = record;
    }
    return end?.end === "fulfilled" ? EXIT.done : EXIT.failed;
  }
  for await (const event of client.watch(id, options)) {
    if (event.type === "item") await out.print(`${itemLine(event.item)}\n`);
    const progress = progressOf(event);
    if (progress !== null) out.progress(progress);
    if (event.type !== "end") continue;
    out.endProgress();
    if (event.end.end === "fulfilled") {
      if (event.value.in !== "none" && from === 0) await printValue(out, client, { id, signal });
      return EXIT.done;
    }
    const { reason, name, message } = event.end.error;
    out.fail(`${reason}: ${name}: ${message}`);
  }
  return EXIT.failed;
}

/** Where a pending promise stands, in words. */
export function statusLine({ phase, position, waitingFor, worker }: PromiseDocument): string {
  const details = [
    position === null ? null : `at place ${position}`,
    worker === null ? null : `on ${worker}`,
    waitingFor,
  ].filter((detail) => detail !== null);
  return [phase ?? "settled", ...details].join(", ");
}

/** JSON with every number as it was spelled, so that printing it again loses no digit. */
export function parseExact(json: string): unknown {
  return ExactJson.parse(json, (_key, value, { source }) => {
    const isRounded = typeof value === "number" && source !== undefined && String(value) !== source;
    return isRounded ? ExactJson.rawJSON(source) : value;
  });
}

/** ES2026, in both runtimes, but not yet in TypeScript's library. */
const ExactJson = JSON as unknown as {
  parse(
    json: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

async function printValue(
  out: Output,
  client: HeartyClient,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const response = await client.response(id, { signal });
  let last: Uint8Array | null = null;
  for await (const chunk of chunksOf(response, signal)) {
    await out.print(chunk);
    last = chunk;
  }
  // A prompt in the middle of a line helps nobody; a file or a pipe gets what is stored and no more.
  if (last?.at(-1) !== NEWLINE) await out.printOnTerminal("\n");
}

const NEWLINE = 10;

async function* chunksOf(
  { body }: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body!;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new UnreachableError("The connection broke in the middle of the result", { cause });
  }
}

function itemLine(item: ItemRecord): string {
  if (item.index !== undefined) return JSON.stringify(item);
  if ("value" in item) return JSON.stringify(item.value);
  const { seq: _, ...body } = item;
  return JSON.stringify(body);
}

function progressOf(event: PromiseEvent): Progress | null {
  if (event.type === "progress") {
    return { fraction: event.progress.fraction ?? null, text: event.progress.message ?? "" };
  }
  if (event.type !== "status" || event.promise.state !== "pending") return null;
  // Whoever tells progress has it told by an event of its own.
  if (event.promise.progress !== null) return null;
  return { fraction: null, text: statusLine(event.promise) };
}
