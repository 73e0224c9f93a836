// Measures the store: commits, reads, and how long a store of a million rows takes to open. Run it on either
// runtime: `bun scripts/bench/store.ts`; `--help` lists the options. Nothing else should run meanwhile.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { KV, Row } from "../../src/store/kv.ts";
import { openStore, type StoreOptions } from "../../src/store/open.ts";
import { prefixRange, tupleKey } from "../../src/store/tuple.ts";

const HELP =
  `Usage: store.ts [--durability full|normal] [--seconds N] [--rows N] [--folder PATH] [--memory] [--json]

  --durability  what a commit of the file survives (default full)
  --seconds     how long each rate is measured (default 3)
  --rows        rows of the store that is opened again (default 1000000)
  --folder      where the file is made and removed (default: a temporary folder)
  --memory      measure the store in memory instead
  --json        one JSON object instead of lines
`;

const IN_FLIGHT = 64;
const ROWS_OF_COMMIT = 3;
const VALUE_BYTES = 300;

type Figures = Record<string, number>;

const { values: args } = parseArgs({
  options: {
    durability: { type: "string", default: "full" },
    seconds: { type: "string", default: "3" },
    rows: { type: "string", default: "1000000" },
    folder: { type: "string" },
    memory: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (args.help) {
  process.stdout.write(HELP);
} else {
  const figures = args.memory ? await benchMemory() : await benchFile();
  const store = args.memory ? "memory" : `file, ${args.durability}`;
  const runtime = process.versions["bun"] ? "bun" : "deno";
  process.stdout.write(
    args.json
      ? `${JSON.stringify({ runtime, store, ...figures })}\n`
      : Object.entries(figures).map(([name, value]) => `${name.padEnd(32)} ${value}\n`).join(""),
  );
}

async function benchMemory(): Promise<Figures> {
  const store = await openStore("memory");
  await fill(store, Number(args.rows));
  const figures = { ...await benchCommits(store), ...await benchReads(store) };
  await store.close();
  return figures;
}

async function benchFile(): Promise<Figures> {
  const folder = args.folder ?? mkdtempSync(join(tmpdir(), "hearty-bench-"));
  const options: StoreOptions = { durability: args.durability === "normal" ? "normal" : "full" };
  const spec = (name: string) => `file:${join(folder, name)}`;
  try {
    const fresh = await openStore(spec("commits.db"), options);
    const commits = await benchCommits(fresh);
    await fresh.close();

    const filled = await openStore(spec("rows.db"), options);
    const fillMs = await timed(() => fill(filled, Number(args.rows)));
    await filled.close();
    let again: KV | null = null;
    const openMs = await timed(async () => {
      again = await openStore(spec("rows.db"), options);
      await again.list(prefixRange("p"), { limit: 1, reverse: true });
    });
    const { bytes } = await again!.size();
    const figures = {
      ...commits,
      fillRowsPerSecond: Math.round(Number(args.rows) / (fillMs / 1_000)),
      bytesPerRow: Math.round(bytes / Number(args.rows)),
      openMs: Math.round(openMs),
      ...await benchReads(again!),
      ...prefixed("filled", await benchCommits(again!)),
    };
    await again!.close();
    return figures;
  } finally {
    if (args.folder === undefined) rmSync(folder, { recursive: true });
  }
}

async function benchCommits(store: KV): Promise<Figures> {
  const rows = rowMaker();
  const commit = () => {
    const puts = Array.from({ length: ROWS_OF_COMMIT }, rows);
    return store.commit({ puts, deletes: [] });
  };
  await rate(commit, IN_FLIGHT, 0.3); // Warm up.
  return {
    singleCommitsPerSecond: await rate(commit, 1),
    commitsPerSecondAt64: await rate(commit, IN_FLIGHT),
  };
}

async function benchReads(store: KV): Promise<Figures> {
  const random = seededRandom(1);
  const rows = Number(args.rows);
  const key = () => tupleKey("p", Math.floor(random.unit() * rows));
  const end = prefixRange("p").to;
  const list = () => store.list({ from: key(), to: end }, { limit: 100 });
  return {
    singleGetsPerSecond: await rate(() => store.get(key()), 1),
    getsPerSecondAt64: await rate(() => store.get(key()), IN_FLIGHT),
    pagesOf100PerSecond: await rate(list, 1),
  };
}

/** Calls a second, with so many under way all the time. */
async function rate(
  call: () => Promise<unknown>,
  inFlight: number,
  seconds: number = Number(args.seconds),
): Promise<number> {
  const clock = systemClock();
  const start = clock.now().mono;
  const end = start + 1_000 * seconds;
  let calls = 0;
  const client = async () => {
    do {
      await call();
      calls++;
    } while (clock.now().mono < end);
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return Math.round(calls / ((clock.now().mono - start) / 1_000));
}

async function fill(store: KV, count: number): Promise<void> {
  const value = seededRandom(2).bytes(VALUE_BYTES);
  for (let at = 0; at < count; at += 1_000) {
    const puts = Array.from({ length: Math.min(1_000, count - at) }, (_, i) => ({
      key: tupleKey("p", at + i),
      value,
    }));
    await store.commit({ puts, deletes: [] });
  }
}

/** Rows under keys that ascend with time, as ids do. */
function rowMaker(): () => Row {
  const random = seededRandom(3);
  const value = random.bytes(VALUE_BYTES);
  const id = random.bytes(16);
  const view = new DataView(id.buffer);
  let made = 0;
  return () => {
    view.setUint32(2, ++made);
    return { key: tupleKey("q", id, "t", made), value };
  };
}

async function timed(run: () => Promise<void>): Promise<number> {
  const clock = systemClock();
  const start = clock.now().mono;
  await run();
  return clock.now().mono - start;
}

function prefixed(prefix: string, figures: Figures): Figures {
  const upper = (name: string) => `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`;
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [upper(name), value]));
}
