#!/usr/bin/env bun
// The program: picks a command, gives it its options, and turns what becomes of it into an exit code.

import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { AnswerError, HeartyError, UnreachableError } from "../client/mod.ts";
import { runtime as ownRuntime } from "../runtime/detect.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { hint, nearest, parseArguments, UsageError } from "./args.ts";
import { type Command, CommandError, type Context, EXIT, traceOf } from "./command.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { demoCommand } from "./commands/demo.ts";
import { getCommand } from "./commands/get.ts";
import { helpCommand } from "./commands/help.ts";
import { postCommand } from "./commands/post.ts";
import { serveCommand } from "./commands/serve.ts";
import { versionCommand } from "./commands/version.ts";
import { watchCommand } from "./commands/watch.ts";
import { workCommand } from "./commands/work.ts";
import { gather } from "./config.ts";
import { commandHelp, programHelp } from "./help.ts";
import { Output, PipeClosed, visible } from "./output.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  demoCommand,
  serveCommand,
  workCommand,
  postCommand,
  getCommand,
  watchCommand,
  cancelCommand,
  versionCommand,
];

/** Runs one command line to its end; the answer is the exit code. */
export async function main(runtime: Runtime): Promise<number> {
  const out = new Output(runtime);
  const context = { runtime, out, clock: systemClock(), random: systemRandom() };
  const [name = "", ...words] = runtime.args;
  try {
    return await runCommand(context, name, words);
  } catch (error) {
    out.endProgress();
    if (error instanceof PipeClosed) return EXIT.done;
    if (error instanceof UsageError) {
      out.fail(error.message);
      const isCommand = COMMANDS.some((command) => command.name === name);
      out.say(`See hearty ${isCommand ? `${name} ` : ""}--help`);
      return EXIT.usage;
    }
    tellFailure(out, error);
    return EXIT.failed;
  }
}

async function runCommand(
  context: Context,
  name: string,
  words: readonly string[],
): Promise<number> {
  const commands = [...COMMANDS, helpCommand(COMMANDS)];
  if (name === "--help" || name === "-h") {
    await context.out.print(programHelp(commands));
    return EXIT.done;
  }
  const called = name === "--version" ? "version" : name;
  const command = commands.find((c) => c.name === called);
  if (command === undefined) throw new UsageError(unknownCommand(name, commands));
  const args = parseArguments(command.table, words);
  if (args.options.get("help") === true) {
    await context.out.print(commandHelp(command));
    return EXIT.done;
  }
  const all = commands.map((c) => c.table);
  const given = await gather(context.runtime, args, { own: command.table, all });
  return await command.run(context, given, args.operands);
}

function unknownCommand(name: string, commands: readonly Command[]): string {
  if (name === "") return "Cannot start: wanted a command";
  if (name.startsWith("-")) return `Cannot use "${name}" here: options stand after the command`;
  return `Unknown command "${name}"${hint(nearest(name, commands.map((c) => c.name)))}`;
}

/** Errors whose message says all. */
const EXPLAINED = [CommandError, UnreachableError, AnswerError];

/** Says what went wrong: a refusal in the server's words, a bug with its stack. */
function tellFailure(out: Output, error: unknown): void {
  if (error instanceof HeartyError) {
    out.fail(error.message);
    for (const { path, message } of error.refusal.errors ?? []) {
      out.say(visible(`  ${path.length === 0 ? "input" : path.join(".")}: ${message}`));
    }
  } else if (EXPLAINED.some((kind) => error instanceof kind)) {
    out.fail((error as Error).message);
  } else {
    out.fail(traceOf(error));
  }
}

if (import.meta.main) ownRuntime.exit(await main(ownRuntime));
