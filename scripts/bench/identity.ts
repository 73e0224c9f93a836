// What keying costs: parsing, checking, the canonical form and SHA-256 of a JSON input of 200 B, 100 kB and 10 MB, beside
// JSON.parse of the same text in the same run. Prints a table, or with `--json` one JSON object. Both runtimes:
//
//   node_modules/.bin/bun scripts/bench/identity.ts
//   node_modules/.bin/deno run -A scripts/bench/identity.ts

import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parseKindName } from "../../src/core/ids.ts";
import { defineJob } from "../../src/intake/define-job.ts";
import { identify, identifyLarge, type Identity } from "../../src/intake/key.ts";
import type { Posting } from "../../src/intake/posting.ts";
import type { KindView } from "../../src/intake/schema.ts";
import type { Refusal } from "../../src/core/problem.ts";

/** One input and what was measured with it: the best of many rounds, since others use the machine as well. */
interface Row {
  readonly input: string;
  readonly bytes: number;
  readonly parseUs: number;
  /** At once, without a schema. */
  readonly identifyUs: number;
  readonly ratio: number;
  /** At once, with a zod schema of the input. */
  readonly zodUs: number;
  /** In pieces, without a schema; large inputs only. */
  readonly piecesUs: number | null;
  /** The longest piece between two pauses, the median of the rounds. */
  readonly longestPieceUs: number | null;
}

const kind = parseKindName("price")!;
const plain: KindView = {
  kind,
  version: "",
  definition: null,
  inputSchema: null,
  outputSchema: null,
};

const sha256 = (data: Uint8Array | string): string =>
  createHash("sha256").update(data).digest("hex");
const tools = {
  sha256,
  onFault(error: unknown): never {
    throw error;
  },
};

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  const record = z.object({
    id: z.number(),
    name: z.string(),
    currency: z.string(),
    notional: z.number(),
    rate: z.number(),
    isActive: z.boolean(),
    tags: z.array(z.string()),
    nested: z.object({ z: z.number(), a: z.array(z.number()) }),
  });
  const rows = [
    await measure(
      "200 B request",
      smallRequest(),
      z.looseObject({ model: z.string(), paths: z.int() }),
    ),
    await measure("100 kB records", manyOf(100_000, recordOf), z.array(record)),
    await measure("10 MB records", manyOf(10_000_000, recordOf), z.array(record)),
    await measure("10 MB of doubles", manyOf(10_000_000, (i) => Math.sin(i)), z.array(z.number())),
  ];
  const runtime = "Bun" in globalThis ? "bun" : "deno";
  if (values.json) console.log(JSON.stringify({ benchmark: "identity", runtime, rows }));
  else print(runtime, rows);
}

async function measure(input: string, text: string, schema: z.ZodType): Promise<Row> {
  const body = new TextEncoder().encode(text);
  const posting: Posting = {
    kind,
    contentType: "application/json",
    body,
    explicitKey: null,
    owner: "ann",
  };
  const typed: KindView = { ...plain, definition: defineJob({ kind, input: schema }) };
  const isLarge = body.length > 50_000;
  // About 20 ms a round for small inputs, one run for large ones.
  const runs = Math.ceil(2_000_000 / body.length / 2);
  const rounds = body.length > 1_000_000 ? 7 : 40;
  const best = { parse: Infinity, identify: Infinity, zod: Infinity, pieces: Infinity };
  const longest: number[] = [];
  for (let round = 0; round < rounds; round++) {
    best.parse = Math.min(best.parse, time(runs, () => JSON.parse(text)));
    best.identify = Math.min(
      best.identify,
      time(runs, () => expect(identify(posting, plain, tools))),
    );
    best.zod = Math.min(best.zod, time(runs, () => expect(identify(posting, typed, tools))));
    if (!isLarge) continue;
    const pieces = await timePieces(posting);
    best.pieces = Math.min(best.pieces, pieces.us);
    longest.push(pieces.longestUs);
  }
  longest.sort((a, b) => a - b);
  return {
    input,
    bytes: body.length,
    parseUs: best.parse,
    identifyUs: best.identify,
    ratio: best.identify / best.parse,
    zodUs: best.zod,
    piecesUs: isLarge ? best.pieces : null,
    longestPieceUs: longest[longest.length >> 1] ?? null,
  };
}

/** Microseconds a run. */
function time(runs: number, work: () => unknown): number {
  const started = performance.now();
  for (let i = 0; i < runs; i++) work();
  return ((performance.now() - started) * 1_000) / runs;
}

async function timePieces(posting: Posting): Promise<{ us: number; longestUs: number }> {
  let longest = 0;
  let begun = performance.now();
  const endPiece = () => longest = Math.max(longest, performance.now() - begun);
  const large = {
    ...tools,
    async digest(data: Uint8Array<ArrayBuffer>): Promise<string> {
      const digest = crypto.subtle.digest("SHA-256", data);
      endPiece();
      const hash = new Uint8Array(await digest);
      begun = performance.now();
      return hash.toHex();
    },
    async pause(): Promise<void> {
      endPiece();
      await new Promise((resolve) => setImmediate(resolve));
      begun = performance.now();
    },
  };
  const started = performance.now();
  begun = started;
  expect(await identifyLarge(posting, plain, large));
  endPiece();
  return { us: (performance.now() - started) * 1_000, longestUs: longest * 1_000 };
}

function expect(identity: Identity | Refusal): Identity {
  if ("refused" in identity) throw new Error(identity.detail);
  return identity;
}

function smallRequest(): string {
  return JSON.stringify({
    model: "hull-white",
    curve: "EUR-ESTR",
    date: "2026-11-24",
    paths: 100_000,
    seed: 42,
    shift: 0.0001,
    tenors: ["1Y", "2Y", "5Y", "10Y"],
    nested: { b: true, a: null, note: "some text that fills it up" },
  });
}

function recordOf(i: number): unknown {
  return {
    id: i,
    name: `curve-${i}`,
    currency: "EUR",
    notional: 1_000_000 + i,
    rate: 0.0125 + i / 100_000,
    isActive: i % 2 === 0,
    tags: ["a", "b"],
    nested: { z: 1, a: [1, 2.5, 3] },
  };
}

/** A JSON array of about so many bytes. */
function manyOf(bytes: number, make: (i: number) => unknown): string {
  const parts: string[] = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    const part = JSON.stringify(make(i));
    parts.push(part);
    length += part.length + 1;
  }
  return `[${parts.join(",")}]`;
}

function print(runtime: string, rows: readonly Row[]): void {
  const figure = (us: number | null) =>
    (us === null ? "" : us.toFixed(us < 100 ? 1 : 0)).padStart(12);
  console.log(
    `What keying costs under ${runtime}, in microseconds (goal: 200 B at most 10, else at most 4 x JSON.parse)`,
  );
  console.log(
    `${"input".padEnd(18)}  JSON.parse    identify     x   with zod   in pieces  longest piece`,
  );
  for (const row of rows) {
    const { input, parseUs, identifyUs, ratio, zodUs, piecesUs, longestPieceUs } = row;
    console.log(
      `${input.padEnd(18)}${figure(parseUs)}${figure(identifyUs)}${ratio.toFixed(1).padStart(6)}` +
        `${figure(zodUs)}${figure(piecesUs)}${figure(longestPieceUs)}`,
    );
  }
}
