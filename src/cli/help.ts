// The help. `--help` fits a screen of 24 lines and 80 columns and ends with an example: rare options are only
// named there. `hearty help COMMAND` explains every one.

import type { z } from "zod";
import { defaultOf, formOf } from "./args.ts";
import type { Command } from "./command.ts";
import { environmentName } from "./config.ts";
import { infoOf } from "./options.ts";
import { table } from "./output.ts";

/** The program's own help: its commands. */
export function programHelp(commands: readonly Command[]): string {
  return lines([
    "hearty COMMAND [options]: a server for remote promises, its workers and clients",
    "",
    ...table(commands.map(({ name, summary }) => [` ${name}`, summary])),
    "",
    "hearty COMMAND --help tells its options. Each is also read from the environment",
    "(--port from HEARTY_PORT) and from a file of JSON that --config names.",
    "",
    "Example: hearty demo",
  ]);
}

/** A command's help in short. */
export function commandHelp(command: Command): string {
  const all = Object.entries<z.ZodType>(command.table.shape);
  const rare = all.filter(([, schema]) => infoOf(schema).isRare).map(([name]) => name);
  const rows = all.filter(([name]) => !rare.includes(name)).map(([name, schema]) => [
    `  ${form(name, schema)}`,
    infoOf(schema).help + shownDefault(schema),
  ]);
  const more = rare.length === 0
    ? []
    : wrap(`Also, see hearty help ${command.name}: --${rare.join(" --")}`);
  return lines([...head(command), ...table(rows), ...more, "", `Example: ${command.example}`]);
}

/** A command's help in full. */
export function commandManual(command: Command): string {
  const options = Object.entries<z.ZodType>(command.table.shape).flatMap(([name, schema]) => [
    `  ${form(name, schema)}${formOf(schema) === "many" ? "  (repeatable)" : ""}`,
    ...wrap(`${infoOf(schema).help}${shownDefault(schema)}; ${environmentName(name)}`, "      "),
  ]);
  return lines([
    ...head(command),
    ...options,
    "  --config FILE",
    "      read options from a file of JSON, their names as keys; HEARTY_CONFIG",
    "",
    `Example: ${command.example}`,
  ]);
}

function head({ name, operands, summary }: Command): string[] {
  return [`hearty ${name} ${operands.usage}`.trim() + " [options]", summary, ""];
}

function form(name: string, schema: z.ZodType): string {
  if (formOf(schema) !== "flag") return `--${name} ${infoOf(schema).value}`;
  return defaultOf(schema) === true ? `--no-${name}` : `--${name}`;
}

function shownDefault(schema: z.ZodType): string {
  const value = defaultOf(schema) ?? infoOf(schema).standard;
  const isSaid = value === undefined || typeof value === "boolean" || Array.isArray(value);
  return isSaid ? "" : ` (${value})`;
}

const COLUMNS = 79;

/** Words in lines that fit the screen. */
function wrap(text: string, indent = ""): string[] {
  const wrapped: string[] = [];
  for (const word of text.split(" ")) {
    const last = wrapped.at(-1);
    if (last === undefined || last.length + 1 + word.length > COLUMNS) wrapped.push(indent + word);
    else wrapped[wrapped.length - 1] = `${last} ${word}`;
  }
  return wrapped;
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
