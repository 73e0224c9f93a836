// What a command is: its name and words for people, its table of options, and what it does.

import type { z } from "zod";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./args.ts";
import { checkOptions, type Given } from "./config.ts";
import type { Output } from "./output.ts";

/** Something outside went wrong in a way that its message explains: exit code 1, without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** An error with its stack, for those who wrote the code. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack = "" } = error;
  // Deno's stacks begin with the message, Bun's may not.
  return stack.includes(message) ? stack : `${message}\n${stack}`;
}

/** How a command ended, for the shell. */
export const EXIT = { done: 0, failed: 1, usage: 2, pending: 3, interrupted: 130 } as const;

/** What a command works with. */
export interface Context {
  readonly runtime: Runtime;
  readonly out: Output;
  readonly clock: Clock;
  readonly random: Random;
}

/** What stands after the options: its form for the help, and how many words it may have. */
export interface Operands {
  readonly usage: string;
  readonly least: number;
  readonly most: number;
}

/** One command of the program. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly operands: Operands;
  readonly table: z.ZodObject;
  /** A whole command line that works. */
  readonly example: string;
  /** Runs it; the answer is the exit code. @throws {UsageError} */
  run(
    context: Context,
    given: ReadonlyMap<string, Given>,
    operands: readonly string[],
  ): Promise<number>;
}

/** No operands. */
export const NO_OPERANDS: Operands = { usage: "", least: 0, most: 0 };

/** Makes a command: what was given is checked against its table before it runs. */
export function defineCommand<S extends z.ZodObject>(
  definition: Omit<Command, "table" | "run"> & {
    readonly table: S;
    run(context: Context, options: z.output<S>, operands: readonly string[]): Promise<number>;
  },
): Command {
  const { name, operands: { usage, least, most }, table } = definition;
  return {
    ...definition,
    async run(context, given, operands) {
      if (operands.length < least) throw new UsageError(`Cannot ${name}: wanted ${usage}`);
      if (operands.length > most) {
        throw new UsageError(`Cannot ${name} with "${operands[most]}": that is one word too many`);
      }
      return await definition.run(context, checkOptions(table, given), operands);
    },
  };
}

/** Runs something that Ctrl-C ends with 130: at the first the signal aborts, at the second the program ends at once. */
export async function interruptible(
  { runtime }: Context,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  const { signal } = controller;
  const unlisten = runtime.onSignal("SIGINT", () => {
    if (signal.aborted) runtime.exit(EXIT.interrupted);
    controller.abort();
  });
  try {
    return await work(signal);
  } catch (error) {
    if (error !== signal.reason) throw error;
    return EXIT.interrupted;
  } finally {
    unlisten();
  }
}
