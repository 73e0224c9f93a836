// What a kind of the desk is: everything that a server must know to check and schedule its jobs, and that a worker
// must know to compute them, said once.

import { z } from "zod";
import type { Job as WholeJob, KindDefinition } from "../worker/mod.ts";

/** What the desk's kinds use of a job. */
export type Job = Pick<WholeJob, "signal" | "progress">;

/** A kind; `Schema` checks its inputs and fills in what was left out. */
export interface Kind<Schema extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly description: string;
  readonly input: Schema;
  /** The data that its results depend on: whoever changes the data invalidates the tag. */
  readonly tags: readonly string[];
  /** About how long a run takes, in ms; the scheduler shares the workers' time by it until the truth is known. */
  estimate(input: z.output<Schema>): number;
  /** Computes a job: a value, something with a media type, or a generator of items. */
  run(input: z.output<Schema>, job: Job): unknown;
}

/** The kind as a worker offers it. */
export function handlerOf(kind: Kind): KindDefinition {
  return {
    description: kind.description,
    input: z.toJSONSchema(kind.input, { io: "input" }),
    // A server that knows only the JSON Schema cannot check how the members go together, so that is done here too.
    run: (input, job) => kind.run(parse(kind, input), job),
  };
}

function parse({ kind, input: schema }: Kind, input: unknown): unknown {
  const { data, error } = schema.safeParse(input);
  if (error) {
    throw new TypeError(`Cannot compute a job of kind '${kind}': ${z.prettifyError(error)}`);
  }
  return data;
}

/** Longest run that a client may ask for. */
const RUN_MS_MAX = 120_000;

/** Refuses an input that takes too long, at the member that is to be made smaller. */
export function checkEffort(context: z.RefinementCtx, member: string, estimateMs: number): void {
  if (estimateMs <= RUN_MS_MAX) return;
  const [seconds, secondsMax] = [estimateMs, RUN_MS_MAX].map((ms) => Math.round(ms / 1_000));
  complain(context, member, `Would take about ${seconds} s: at most ${secondsMax} s are allowed`);
}

/** Refuses an input for how its members go together, at the one that is to be changed. */
export function complain(context: z.RefinementCtx, member: string, message: string): void {
  context.addIssue({ code: "custom", path: [member], message });
}
