// Kinds that the server itself defines, in TypeScript: their schemas, their functions and their settings.

import { z } from "zod";
import { type KindName, parseKindName } from "../core/ids.ts";
import type { KindOffer, KindSettings } from "../core/kind.ts";
import { ATTEMPTS_MAX, DURATION_MS_MAX } from "../core/limits.ts";

/** A duration in a program: milliseconds, or text with a unit, `"30s"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** What a handler knows of the job that it runs. */
export interface JobContext {
  /** Aborts when the job is cancelled, timed out or no longer this worker's. */
  readonly signal: AbortSignal;
  /** Items of this promise that are stored already; a handler may go on behind them, or begin anew. */
  readonly storedItems: number;
  /** Which run this is, counted from 1. */
  readonly attempt: number;
  /** The promise's id. */
  readonly promise: string;
  /** Shows how far the job is, from 0 to 1, and what it does. Nothing of it is stored. */
  progress(fraction?: number, message?: string): void;
}

/** A job that `expand` asks for. */
export interface Child {
  readonly kind: string;
  readonly input: unknown;
  /** 0 … 9, 9 the most urgent; default: the batch's. */
  readonly priority?: number;
  /** Default: the batch's. */
  readonly queue?: string;
  /** How long the settled promise is kept. Default: the batch's. */
  readonly ttl?: Duration;
}

/**
 * What a kind can do with its input, which is parsed already. Without a schema the input is what JSON says, or bytes.
 * A function that throws refuses the post with 422; its message stays in the server.
 */
export interface JobFunctions<Input> {
  /** Jobs with the same answer are one job, whoever posts them. Default: the whole input counts. */
  key?(input: Input): string;
  /** Labels of the data that the result depends on: `POST /invalidate` names them. At most 16. */
  tags?(input: Input): readonly string[];
  /** How long a run will take, in ms, for the scheduler. Default: the mean of earlier runs. */
  estimate?(input: Input): number;
  /** Labels that a worker must have to be given the job. */
  requires?(input: Input): Readonly<Record<string, string>>;
  /** The jobs that make up this one, made as they are needed. The kind is then a batch, and has no `run`. */
  expand?(input: Input): Iterable<Child> | AsyncIterable<Child>;
  /** Computes the job inside the server. Default: workers that connect do. */
  run?(input: Input, job: JobContext): unknown;
}

/** All that `defineJob` takes. */
export interface JobOptions<Schema extends z.ZodType> extends JobFunctions<z.output<Schema>> {
  /** The kind's name: letters, digits, `.`, `_`, `-`; at most 128. */
  readonly kind: string;
  /** Results of another version are not reused. Default: empty. */
  readonly version?: string;
  /** For people. */
  readonly description?: string;
  /**
   * Checks and completes the input; equal results are one job, and workers get them as JSON. So it must be synchronous,
   * and make nothing that JSON cannot say: dates are fine, maps are not. Default: any input of any media type.
   */
  readonly input?: Schema;
  /** What a result must be. Default: anything. */
  readonly output?: z.ZodType;
  /** How long a settled promise is kept. Default: the server's, 1 h. */
  readonly ttl?: Duration;
  /** How long a failure that is not retryable is reused. Default: the server's, 60 s. */
  readonly failureTtl?: Duration;
  /** Longest run of one attempt. Default: no limit. */
  readonly timeout?: Duration;
  /** Most attempts, counting the first. Default: the server's, 3. */
  readonly attempts?: number;
  /** First pause before a retry. Default: the server's, 1 s. */
  readonly retryBase?: Duration;
  /** Longest pause before a retry. Default: the server's, 60 s. */
  readonly retryCap?: Duration;
}

/** A kind as the server uses it. */
export interface JobDefinition {
  readonly offer: KindOffer;
  readonly input: z.ZodType | null;
  readonly output: z.ZodType | null;
  readonly functions: JobFunctions<unknown>;
}

/**
 * Defines a kind. Its functions get the input as the schema has parsed it, and have its type.
 *
 * @throws {TypeError} if an option cannot be: a malformed name or duration, attempts below 1.
 *
 * @example
 * ```ts
 * import { z } from "zod";
 *
 * export const square = defineJob({
 *   kind: "square",
 *   input: z.object({ side: z.number().positive() }),
 *   ttl: "1h",
 *   run: ({ side }) => side * side,
 * });
 * ```
 */
export function defineJob<Schema extends z.ZodType = z.ZodType<unknown>>(
  options: JobOptions<Schema>,
): JobDefinition {
  const { input = null, output = null } = options;
  const offer: KindOffer = {
    kind: readKind(options.kind),
    version: options.version ?? "",
    description: options.description ?? null,
    inputSchema: jsonSchema(input),
    outputSchema: jsonSchema(output),
    ...readSettings(options),
  };
  return { offer, input, output, functions: options };
}

function readKind(text: string): KindName {
  const kind = parseKindName(text);
  if (kind !== null && kind !== BATCH) return kind;
  const wanted =
    "wanted 1 to 128 letters, digits, dots, underscores or hyphens, and not the name of batches";
  throw new TypeError(`Cannot define kind "${text}": ${wanted}`);
}

/** The kind of batches, which are the server's own. */
const BATCH = "batch";

/** As other languages and the documentation see a schema; what JSON Schema cannot say passes as anything. */
function jsonSchema(schema: z.ZodType | null): string | null {
  if (schema === null) return null;
  return JSON.stringify(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
}

function readSettings(options: JobOptions<z.ZodType>): KindSettings {
  const { kind, attempts = null } = options;
  if (
    attempts !== null && !(Number.isInteger(attempts) && attempts >= 1 && attempts <= ATTEMPTS_MAX)
  ) {
    throw new TypeError(
      `Cannot define kind "${kind}": attempts is ${attempts}, wanted an integer from 1 to ${ATTEMPTS_MAX}`,
    );
  }
  const readMs = (
    name: "ttl" | "failureTtl" | "timeout" | "retryBase" | "retryCap",
  ): number | null => {
    const duration = options[name];
    if (duration === undefined) return null;
    const ms = milliseconds(duration);
    if (ms !== null) return ms;
    throw new TypeError(
      `Cannot define kind "${kind}": ${name} is "${duration}", wanted milliseconds or a text like "30s"`,
    );
  };
  return {
    ttlMs: readMs("ttl"),
    failureTtlMs: readMs("failureTtl"),
    timeoutMs: readMs("timeout"),
    attempts,
    retryBaseMs: readMs("retryBase"),
    retryCapMs: readMs("retryCap"),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function milliseconds(duration: Duration): number | null {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(
    typeof duration === "number" ? `${duration}ms` : duration,
  );
  const ms = parts === null ? NaN : Math.round(Number(parts[1]) * UNIT_MS[parts[2]!]!);
  return ms <= DURATION_MS_MAX ? ms : null;
}
