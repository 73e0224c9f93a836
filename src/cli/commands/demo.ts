// `hearty demo`: a server with the example application, two workers as processes of their own, and load.

import { z } from "zod";
import { sleep } from "../../base/clock.ts";
import { createClient } from "../../client/mod.ts";
import type { Child } from "../../runtime/runtime.ts";
import { UsageError } from "../args.ts";
import { type Context, defineCommand, NO_OPERANDS } from "../command.ts";
import { logger, type LogRecord } from "../log.ts";
import { flag } from "../options.ts";
import { serveOptions, storeOption } from "../serve-options.ts";
import { type Running, untilStopped } from "../until-stopped.ts";
import { PARENT_VARIABLE } from "./work.ts";

const WORKER_NAMES = ["demo-1", "demo-2"];
/** Jobs that one worker runs at a time. They share its thread; while one rests, another goes on. */
const WORKER_CONCURRENCY = 2;
/** How long a worker that has died stays away, in ms. */
const RESTART_MS = 1_000;

const { app: _, ...options } = serveOptions;

const table = z.strictObject({
  load: flag(true, { help: "post no jobs by itself" }),
  ...options,
  store: storeOption("memory"),
});

/** Shows what Hearty does. */
export const demoCommand = defineCommand({
  name: "demo",
  summary: "a server with example jobs, workers and load, to look at",
  operands: NO_OPERANDS,
  table,
  example: "hearty demo --no-load --port 9000",
  run: (context, options) => untilStopped(context, () => startDemo(context, options)),
});

async function startDemo(context: Context, options: z.output<typeof table>): Promise<Running> {
  if (options.auth !== "none") {
    throw new UsageError("Cannot use --auth in a demo: its workers and its load have no tokens");
  }
  // Loaded here, so that no other command waits for all of the server's code.
  const { startServer } = await import("../server.ts");
  const { jobs } = await import("../../demo/app.ts");
  const server = await startServer(context, options, { jobs });
  const log = logger(context, options);
  const end = new AbortController();
  const surroundings: Surroundings = { context, url: server.url, log, signal: end.signal };
  await context.out.announce(await welcome(server.url));
  // Last, and nothing that may fail behind it: no worker is left alone.
  const workers = WORKER_NAMES.map((name) => new KeptWorker(surroundings, name));
  const load = options.load ? startLoad(surroundings) : null;
  return {
    ended: server.ended,
    async stop() {
      end.abort();
      // At once: a demo's jobs may be lost, but none of its processes may outlive it.
      await Promise.all([load, ...workers.map((worker) => worker.kill())]);
      await server.stop();
    },
  };
}

/** What the parts of the demo need. */
interface Surroundings {
  readonly context: Context;
  readonly url: string;
  readonly log: (record: LogRecord) => void;
  /** Aborts when the demo ends. */
  readonly signal: AbortSignal;
}

/** A worker in a process of its own, which is started again when it has died: its jobs are then run again at once. */
class KeptWorker {
  readonly #surroundings: Surroundings;
  readonly #name: string;
  readonly #kept: Promise<void>;
  #process: Child;

  constructor(surroundings: Surroundings, name: string) {
    this.#surroundings = surroundings;
    this.#name = name;
    this.#process = this.#start();
    this.#kept = this.#keep();
  }

  /** Resolves when it is gone for good. */
  kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    return this.#kept;
  }

  async #keep(): Promise<void> {
    const { context, log, signal } = this.#surroundings;
    for (;;) {
      const code = await this.#process.exited;
      if (signal.aborted) return;
      log({
        level: "warn",
        message: "A worker has ended: it is started again",
        name: this.#name,
        code,
      });
      await sleep(context.clock, RESTART_MS, signal);
      if (signal.aborted) return;
      this.#process = this.#start();
    }
  }

  #start(): Child {
    // tsc rewrites the ends of imports, but not of this.
    const app = import.meta.url.endsWith(".ts") ? "../../demo/app.ts" : "../../demo/app.js";
    const file = decodeURIComponent(new URL(app, import.meta.url).pathname);
    const { context: { runtime }, url } = this.#surroundings;
    const concurrency = String(WORKER_CONCURRENCY);
    const named = ["--server", url, "--name", this.#name];
    const args = ["work", file, ...named, "--concurrency", concurrency, "--log", "none"];
    return runtime.spawnSelf(args, { [PARENT_VARIABLE]: "1" });
  }
}

async function startLoad({ context, url, log, signal }: Surroundings): Promise<void> {
  const { generateLoad } = await import("../../demo/load.ts");
  await generateLoad({
    url,
    signal,
    random: () => context.random.unit(),
    sleep: (ms, signal) => sleep(context.clock, ms, signal),
    onTrouble: (message) => log({ level: "warn", message }),
  });
}

/** The first line, as `serve` prints it, and what to try; one job is posted, so that there is something to watch. */
async function welcome(url: string): Promise<string> {
  const { promise } = await createClient({ url }).post("option-price", { seed: 1 });
  const json = "-H 'Content-Type: application/json'";
  return [
    `listening on ${url}`,
    "",
    "An option's price, better with every line; a portfolio's value at risk; what happens to a job:",
    `  curl -N ${url}/jobs/option-price ${json} -H 'Accept: application/x-ndjson' -H 'Prefer: wait=60' -d '{}'`,
    `  curl ${url}/jobs/value-at-risk ${json} -H 'Prefer: wait=60' -d '{}'`,
    `  curl -N ${url}/promises/${promise.id}/events`,
  ].join("\n");
}
