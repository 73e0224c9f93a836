// Where an option's value comes from: the command line, else the environment (`HEARTY_MAX_ITEMS`), else the
// configuration file, else the table's default. A file may serve several commands: what is meant for another one
// is passed over, what no command knows is refused.

import { z } from "zod";
import type { Runtime } from "../runtime/runtime.ts";
import { type Arguments, formOf, hint, nearest, UsageError } from "./args.ts";
import { infoOf } from "./options.ts";

/** A value as it was given, and where: `--port`, `HEARTY_PORT`, `port of hearty.json`. */
export interface Given {
  readonly value: unknown;
  readonly label: string;
}

/**
 * The values that were given for a table, by option.
 * @throws {UsageError} if the file cannot be read or names what is in no table.
 */
export async function gather(
  runtime: Runtime,
  args: Arguments,
  tables: { readonly own: z.ZodObject; readonly all: readonly z.ZodObject[] },
): Promise<ReadonlyMap<string, Given>> {
  const file = args.options.get("config") ?? runtime.env("HEARTY_CONFIG");
  const config = file ? await readConfig(runtime, String(file), tables.all) : {};
  const given = new Map<string, Given>();
  for (const [name, schema] of Object.entries<z.ZodType>(tables.own.shape)) {
    const variable = environmentName(name);
    const typed = args.options.get(name);
    const inherited = runtime.env(variable);
    if (typed !== undefined) {
      const value = typeof typed === "string" ? fromText(schema, typed) : typed;
      given.set(name, { value, label: `--${name}` });
    } else if (inherited) given.set(name, { value: fromText(schema, inherited), label: variable });
    else if (Object.hasOwn(config, name)) {
      const value = config[name];
      // A list of one may be its text, so that one "server" does for every command.
      const isOne = formOf(schema) === "many" && typeof value === "string";
      given.set(name, { value: isOne ? [value] : value, label: `"${name}" of ${String(file)}` });
    }
  }
  return given;
}

/** The variable of the environment that stands for an option. */
export function environmentName(option: string): string {
  return `HEARTY_${option.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * Checks what was given against the table.
 * @throws {UsageError} naming the first option that is wrong, and what was wanted.
 */
export function checkOptions<S extends z.ZodObject>(
  table: S,
  given: ReadonlyMap<string, Given>,
): z.output<S> {
  const raw = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const checked = table.safeParse(raw);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  const name = String(issue.path[0]);
  const { value, label } = given.get(name)!;
  const shown = infoOf(table.shape[name] as z.ZodType).isSecret ? "" : ` ${JSON.stringify(value)}`;
  throw new UsageError(`Cannot use ${label}${shown}: wanted ${issue.message}`);
}

/** The JSON Schema of the configuration file, which may hold the options of every command. */
export function configSchema(tables: readonly z.ZodObject[]): Record<string, unknown> {
  // Of each option its forms by their text, so that what commands have in common stands there once.
  const forms = new Map<string, Map<string, unknown>>();
  for (const table of tables) {
    const { properties = {} } = z.toJSONSchema(table, { io: "input" });
    for (const [name, schema] of Object.entries<z.ZodType>(table.shape)) {
      const { standard } = infoOf(schema);
      const form = properties[name] as z.core.JSONSchema.JSONSchema;
      const known = forms.get(name) ?? new Map<string, unknown>();
      forms.set(name, known);
      const told = standard === undefined ? form : { ...form, default: standard };
      for (const each of formOf(schema) === "many" ? [told, form.items] : [told]) {
        known.set(JSON.stringify(each), each);
      }
    }
  }
  const properties = [...forms].sort(([a], [b]) => a < b ? -1 : 1).map(([name, known]) => {
    const all = [...known.values()];
    return [name, all.length === 1 ? all[0] : { anyOf: all }] as const;
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of hearty",
    type: "object",
    properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
    additionalProperties: false,
  };
}

/** A text as the value that its option wants; one that does not fit stays text, which the table refuses. */
function fromText(schema: z.ZodType, text: string): unknown {
  switch (formOf(schema)) {
    case "flag":
      return text === "true" || (text === "false" ? false : text);
    case "number":
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case "many":
      return text.split(",").map((part) => part.trim());
    case "text":
      return text;
  }
}

async function readConfig(
  runtime: Runtime,
  file: string,
  tables: readonly z.ZodObject[],
): Promise<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(await runtime.readFile(file)),
    );
  } catch (error) {
    throw new UsageError(`Cannot read the configuration "${file}": ${reasonOf(error)}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new UsageError(`Cannot read the configuration "${file}": wanted a JSON object`);
  }
  const names = tables.flatMap((table) => Object.keys(table.shape));
  const strange = Object.keys(config).find((name) => name !== "$schema" && !names.includes(name));
  if (strange !== undefined) {
    throw new UsageError(`Unknown option "${strange}" in ${file}${hint(nearest(strange, names))}`);
  }
  return config as Record<string, unknown>;
}

/** Why a file could not be used, without a stack. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "it may not be read";
  if (code === "EISDIR") return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}
