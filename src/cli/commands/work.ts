// `hearty work`: a worker, until it is told to stop; it then finishes what runs.

import { z } from "zod";
import {
  isolate,
  type Kinds,
  RefusedError,
  serveJobs,
  type WorkerEvent,
} from "../../worker/mod.ts";
import { CommandError, type Context, defineCommand } from "../command.ts";
import { loadDefault } from "../load.ts";
import { logger, logOptions, type LogRecord } from "../log.ts";
import { flag, integer, option, pattern, serverOptions, url } from "../options.ts";
import { untilStopped } from "../until-stopped.ts";

const { token } = serverOptions;

/** Runs a worker. */
export const workCommand = defineCommand({
  name: "work",
  summary: "runs a worker, which computes jobs of the kinds that FILE exports",
  operands: { usage: "FILE", least: 1, most: 1 },
  table: z.strictObject({
    concurrency: option(integer(1, 100_000).default(1), {
      value: "COUNT",
      help: "how many jobs run at a time",
    }),
    name: option(
      pattern(/^[A-Za-z0-9._:@|+-]{1,128}$/, "1 to 128 of A-Z a-z 0-9 . _ : @ | + -").optional(),
      { value: "NAME", help: "what the server knows it as", standard: "HOST-PID-RANDOM" },
    ),
    isolate: flag(false, { help: "run each job in a thread of its own" }),
    server: option(z.array(url("http", "https")).min(1).default(["http://127.0.0.1:8080"]), {
      value: "URL",
      help: "the server's address; several, if it has standbys",
      standard: "http://127.0.0.1:8080",
    }),
    token,
    ...logOptions,
  }),
  example: "hearty work kinds.ts --concurrency 4",
  async run(context, options, operands) {
    const file = operands[0]!;
    const exported = kindsOf(file, await loadDefault(context, file));
    const kinds = options.isolate ? isolate(context.runtime.fileUrl(file), exported) : exported;
    const log = logger(context, options);
    return await untilStopped(context, () => {
      const worker = serveJobs({
        url: options.server,
        ...(options.token === undefined ? {} : { token: options.token }),
        name: options.name ?? defaultName(context),
        concurrency: options.concurrency,
        kinds,
        clock: context.clock,
        random: context.random,
        onEvent: (event) => log(recordOf(event)),
      });
      const ended = Promise.race([worker.closed.catch(explainRefusal), parentEnded(context)]);
      const stop = () => {
        worker.drain();
        return ended;
      };
      return Promise.resolve({ ended, stop });
    });
  },
});

/** Set for a worker that must not outlive the process that started it, whose pipe is its stdin. */
export const PARENT_VARIABLE = "HEARTY_WORK_WITH_PARENT";

/** Resolves when the process that holds the other end of stdin has ended; never, where nobody asked for that. */
async function parentEnded({ runtime }: Context): Promise<void> {
  if (runtime.env(PARENT_VARIABLE) === undefined) return await new Promise(() => {});
  await runtime.readStdin();
}

/** The kinds that a file exports. @throws {CommandError} if its default export is something else. */
function kindsOf(file: string, exported: unknown): Kinds {
  const isTable = typeof exported === "object" && exported !== null && !Array.isArray(exported);
  const kinds = Object.entries(isTable ? exported : {});
  const wrong = kinds.find(([, kind]) =>
    typeof kind !== "function" && typeof kind?.run !== "function"
  );
  if (wrong !== undefined) {
    throw new CommandError(
      `Cannot use "${file}": kind "${
        wrong[0]
      }" is neither a function nor an object with a function "run"`,
    );
  }
  if (kinds.length > 0) return exported as Kinds;
  throw new CommandError(
    `Cannot use "${file}": wanted export default { KIND: async (input, job) => … }`,
  );
}

/** HOST-PID-RANDOM, in the characters that names may have. */
function defaultName({ runtime, random }: Context): string {
  const host = runtime.hostname().replace(/[^A-Za-z0-9._:@|+-]/g, "-").slice(0, 100);
  return `${host}-${runtime.pid}-${random.bytes(3).toHex()}`;
}

function explainRefusal(error: unknown): never {
  if (error instanceof RefusedError) throw new CommandError(error.message, { cause: error });
  throw error;
}

function recordOf(event: WorkerEvent): LogRecord {
  switch (event.type) {
    case "connected":
      return { level: "info", message: "Connected", url: event.url, resumed: event.resumed };
    case "disconnected": {
      const { url, code, reason } = event;
      const retryMs = Math.round(event.retryMs);
      return { level: "warn", message: "No connection", url, code, reason, retryMs };
    }
    case "started":
      return { level: "debug", message: "Started", ...event.job };
    case "ended": {
      const runMs = Math.round(event.runMs);
      return { level: "debug", message: "Ended", ...event.job, outcome: event.outcome, runMs };
    }
    case "warning":
      return { level: "warn", message: event.message };
  }
}
