// The full cycle of a job inside one process, without any network: posted, computed by a worker over an in-memory
// port, answered to the client that waits. Unique jobs of about 200 bytes, 64 clients. Microseconds of one core for
// each job, client and worker included; the first round warms the compilers up.
//
//   bun scripts/bench/cycle.ts [memory | file] [--json]        deno run -A scripts/bench/cycle.ts

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Port, portPair } from "../../src/base/port.ts";
import { createHearty, type Hearty, openStore } from "../../src/mod.ts";
import { runtime } from "../../src/runtime/detect.ts";

const CLIENTS = 64;
const JOBS_A_CLIENT = 300;
const ROUNDS = 4;
const PAD = "0123456789".repeat(12);

const args = process.argv.slice(2);
const isJson = args.includes("--json");
const stores = args.filter((arg) => arg !== "--json");
const folder = mkdtempSync(join(tmpdir(), "hearty-bench-"));
try {
  const figures: Record<string, readonly Figure[]> = {};
  for (const store of stores.length > 0 ? stores : ["memory", "file"]) {
    figures[store] = await measure(
      store === "file" ? `file:${join(folder, "bench.db")}` : "memory",
    );
    if (!isJson) print(store, figures[store]);
  }
  if (isJson) console.log(JSON.stringify({ runtime: runtime.name, figures }));
} finally {
  rmSync(folder, { recursive: true });
}

interface Figure {
  readonly jobsPerSecond: number;
  readonly usAJob: number;
}

async function measure(spec: string): Promise<readonly Figure[]> {
  const store = await openStore(spec, { durability: "full" });
  await using hearty = createHearty({
    sha256: runtime.sha256,
    store,
    onFault: (error) => console.error(error),
  });
  await hearty.start();
  connectWorker(hearty);
  const figures: Figure[] = [];
  for (let round = 0; round < ROUNDS; round++) figures.push(await runRound(hearty, round));
  return figures;
}

async function runRound(hearty: Hearty, round: number): Promise<Figure> {
  const jobs = CLIENTS * JOBS_A_CLIENT;
  const start = performance.now();
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let job = 0; job < JOBS_A_CLIENT; job++) await post(hearty, `${round}-${client}-${job}`);
  });
  await Promise.all(clients);
  const seconds = (performance.now() - start) / 1_000;
  return {
    jobsPerSecond: Math.round(jobs / seconds),
    usAJob: Math.round((seconds * 1e7) / jobs) / 10,
  };
}

async function post(hearty: Hearty, name: string): Promise<void> {
  const response = await hearty.fetch(
    new Request("http://localhost/jobs/echo", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Prefer": "wait=30" },
      body: `{"instrument":"${name}","spot":101.25,"paths":100000,"pad":"${PAD}"}`,
    }),
  );
  if (response.status !== 200) throw new Error(`The answer is ${response.status}`);
  await response.text();
}

/** A worker that answers every job with its own input. */
function connectWorker(hearty: Hearty): void {
  const [near, far] = portPair("hearty.v1.json");
  hearty.dispatch.accept(far, { principal: "bench", address: "" });
  near.events = { close() {}, drain() {}, message: (frame) => echo(near, String(frame)) };
  const kinds = [{ kind: "echo" }];
  near.send(JSON.stringify({ type: "hello", name: "bench", concurrency: 1_024, kinds }));
}

function echo(port: Port, frame: string): void {
  const message = JSON.parse(frame);
  if (message.type !== "run") return;
  const { lease, input: { contentType, value } } = message;
  port.send(JSON.stringify({ type: "fulfill", lease, contentType, value }));
}

function print(store: string, figures: readonly Figure[]): void {
  const rounds = figures.map(({ jobsPerSecond, usAJob }) => `${jobsPerSecond}/s (${usAJob} µs)`);
  console.log(`${runtime.name} ${store}: ${rounds.join(", ")}`);
}
