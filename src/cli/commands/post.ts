// `hearty post`: a job. Its options are the API's own table of query parameters (wire/job-options.ts), so that
// what the server understands and what the command line offers cannot differ.

import { z } from "zod";
import {
  createClient,
  type HeartyClient,
  type PostOptions,
  type SendOptions,
} from "../../client/mod.ts";
import { JOB_PARAMETERS } from "../../wire/job-options.ts";
import type { Parameter } from "../../wire/query.ts";
import { UsageError } from "../args.ts";
import { type Context, defineCommand, EXIT, interruptible } from "../command.ts";
import { reasonOf } from "../config.ts";
import { flag, option, serverOptions, text } from "../options.ts";
import { parseExact, printResult } from "../results.ts";

// A hold that ends with its connection does not fit a client that outlives connections: Ctrl-C withdraws instead.
const { onDisconnect: _, ...PARAMETERS } = JOB_PARAMETERS;

/** What stands for a value in the help; for others it is VALUE. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  priority: "CLASS",
  queue: "NAME",
  owner: "NAME",
  tag: "NAME",
  key: "TEXT",
  attempts: "COUNT",
  deadline: "TIME",
  ttl: "TIME",
  timeout: "TIME",
  delay: "TIME",
  maxAge: "TIME",
};

const jobOptions: Record<string, z.ZodType> = Object.fromEntries(
  Object.entries<Parameter<unknown>>(PARAMETERS).map((
    [name, p],
  ) => [kebab(name), jobOption(name, p)]),
);

/** Posts a job. */
export const postCommand = defineCommand({
  name: "post",
  summary: "posts a job and prints its promise's id, or with --wait its result",
  operands: { usage: "KIND [JSON | @FILE | -]", least: 1, most: 2 },
  table: z.strictObject({
    wait: flag(false, { help: "print the result; Ctrl-C withdraws" }),
    "content-type": option(text().optional(), {
      value: "TYPE",
      help: "of the input; else by the file's name, or JSON",
    }),
    ...serverOptions,
    ...jobOptions,
  }),
  example: `hearty post add '{"a": 1, "b": 2}' --wait`,
  async run(context, options, [kind = "", source]) {
    const { bytes, type } = await readInput(context, source);
    const client = createClient({ url: options.server, token: options.token, parse: parseExact });
    const contentType = options["content-type"] ?? type;
    const job = { ...postOptions(options), contentType };
    if (options.wait) {
      return await postAndWait(context, client, { kind, bytes, job, isJson: options.json });
    }
    const { promise } = await client.post(kind, bytes, job);
    await context.out.print(`${options.json ? JSON.stringify(promise) : promise.id}\n`);
    return EXIT.done;
  },
});

interface Post {
  readonly kind: string;
  readonly bytes: Uint8Array;
  readonly job: PostOptions & SendOptions;
  readonly isJson: boolean;
}

function postAndWait(
  context: Context,
  client: HeartyClient,
  { kind, bytes, job, isJson }: Post,
): Promise<number> {
  return interruptible(context, async (signal) => {
    // The post itself is not cut: what it may have posted could not be withdrawn.
    const { promise } = await client.post(kind, bytes, job);
    try {
      signal.throwIfAborted();
      return await printResult(context.out, client, { id: promise.id, isJson, signal });
    } finally {
      if (signal.aborted) {
        context.out.say(`Withdrawing; the job's promise is ${promise.id}`);
        await client.cancel(promise.id, { queue: promise.queue, owner: job.owner });
      }
    }
  });
}

/** The options of the job among those of the command, by their names in the API. */
function postOptions(options: Readonly<Record<string, unknown>>): PostOptions {
  // Checked already, by the API's own table.
  return Object.fromEntries(
    Object.keys(PARAMETERS).map((name) => [name, options[kebab(name)]]),
  ) as PostOptions;
}

function jobOption(name: string, parameter: Parameter<unknown>): z.ZodType {
  const help = parameter.description.replace(/\.$/, "");
  if (parameter.schema.type === "boolean") {
    return option(z.boolean({ error: "true or false" }).optional(), {
      value: null,
      help,
      isRare: true,
    });
  }
  const { wanted } = parameter;
  // Whatever depends on the time is only tried here: the server reads it by its own clock.
  const one = z.union([z.string(), z.number()], { error: wanted }).transform(String)
    .refine((given) => parameter.read(given, 0) !== null, { error: wanted });
  const isMany = "countMax" in parameter;
  const info = { value: PLACEHOLDERS[name] ?? "VALUE", help, isRare: true };
  return option((isMany ? z.array(one, { error: wanted }) : one).optional(), info);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

async function readInput(
  { runtime }: Context,
  source: string | undefined,
): Promise<{ readonly bytes: Uint8Array; readonly type: string }> {
  if (source === undefined && runtime.isTerminal.stdin) {
    throw new UsageError("Cannot post without an input: wanted JSON, @FILE or - for stdin");
  }
  if (source === undefined || source === "-") {
    return { bytes: await runtime.readStdin(), type: "application/json" };
  }
  if (source.startsWith("@")) {
    const file = source.slice(1);
    try {
      return { bytes: await runtime.readFile(file), type: typeOf(file) };
    } catch (error) {
      throw new UsageError(`Cannot read the input "${file}": ${reasonOf(error)}`);
    }
  }
  try {
    JSON.parse(source);
  } catch {
    throw new UsageError(
      `Cannot post "${source}": wanted JSON, in quotes that the shell leaves alone, or @FILE`,
    );
  }
  return { bytes: new TextEncoder().encode(source), type: "application/json" };
}

const TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
  msgpack: "application/vnd.msgpack",
  csv: "text/csv",
  txt: "text/plain",
  md: "text/markdown",
  html: "text/html",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  svg: "image/svg+xml",
  pdf: "application/pdf",
  parquet: "application/vnd.apache.parquet",
  zip: "application/zip",
};

function typeOf(file: string): string {
  const [, extension = ""] = /\.([^./\\]+)$/.exec(file) ?? [];
  return TYPES[extension.toLowerCase()] ?? "application/octet-stream";
}
