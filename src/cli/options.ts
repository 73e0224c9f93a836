// The table of options: each command's is one zod object, whose keys are the options' names in kebab-case. It
// gives the reading of the command line, of the environment and of the configuration file, the help, and the
// file's JSON Schema.

import { z } from "zod";
import { parseDuration } from "../wire/duration.ts";

/** What the help says of an option beyond its schema. */
export interface OptionInfo {
  /** What stands for the value: `PORT`; null for an option that takes none. */
  readonly value: string | null;
  readonly help: string;
  /** What holds if it is not given, where the table leaves that to others; only shown. */
  readonly standard?: string | number;
  /** Named by `--help` in short, explained by `hearty help COMMAND`. */
  readonly isRare?: boolean;
  /** Never shown in a message. */
  readonly isSecret?: boolean;
}

const infos = z.registry<OptionInfo>();

/** Enters an option into the table. The schema's error texts say what was wanted. */
export function option<S extends z.ZodType>(schema: S, info: OptionInfo): S {
  const described = schema.describe(info.help);
  infos.add(described, info);
  return described;
}

/** What was entered of an option. */
export function infoOf(schema: z.ZodType): OptionInfo {
  return infos.get(schema) ?? { value: null, help: "" };
}

/** An option without a value: present or not. `--no-NAME` says no. */
export function flag(isOn: boolean, info: Omit<OptionInfo, "value">): z.ZodDefault<z.ZodBoolean> {
  return option(z.boolean({ error: "true or false" }).default(isOn), { ...info, value: null });
}

/** Any text but the empty one. */
export function text(): z.ZodString {
  return z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });
}

/** Text of a form. */
export function pattern(form: RegExp, wanted: string): z.ZodString {
  return z.string({ error: wanted }).regex(form, { error: wanted });
}

/** A whole number between two bounds, both included. */
export function integer(least: number, most: number): z.ZodInt {
  const wanted = most === Number.MAX_SAFE_INTEGER
    ? `a whole number, ${least} or more`
    : `a whole number from ${least} to ${most}`;
  return z.int({ error: wanted }).min(least, { error: wanted }).max(most, { error: wanted });
}

/** One word of a list. */
export function choice<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<{ [word in T[number]]: word }> {
  return z.enum(words, { error: words.join(", ").replace(/, ([^,]*)$/, " or $1") });
}

/** An absolute address of one of the schemes. */
export function url(...schemes: readonly string[]): z.ZodString {
  const wanted = `an address that begins with ${schemes.map((s) => `${s}://`).join(" or ")}`;
  const fits = (value: string) => {
    const parsed = URL.parse(value);
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1));
  };
  return z.string({ error: wanted }).refine(fits, { error: wanted });
}

const DURATION = "a duration such as 250ms, 30s, 5m, 2h or 7d";
const textOrNumber = (wanted: string) => z.union([z.string(), z.number()], { error: wanted });

/** A duration; the command gets milliseconds. */
export function duration(): z.ZodType<number, string | number> {
  return textOrNumber(DURATION).transform((given, context) => {
    const ms = parseDuration(String(given));
    if (ms === null) context.addIssue(DURATION);
    return ms ?? z.NEVER;
  });
}

/** A duration that is only passed on, as it was written. */
export function durationText(): z.ZodType<string, string | number> {
  const isDuration = (given: string) => parseDuration(given) !== null;
  return textOrNumber(DURATION).transform(String).refine(isDuration, { error: DURATION });
}

const SIZE = "a size such as 65536, 64KiB, 16MiB or 1GiB";

/** A size; the command gets bytes. */
export function size(): z.ZodType<number, string | number> {
  return textOrNumber(SIZE).transform((given, context) => {
    const bytes = parseSize(String(given));
    if (bytes === null) context.addIssue(SIZE);
    return bytes ?? z.NEVER;
  });
}

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

function parseSize(text: string): number | null {
  const [, digits, unit] = /^(\d+)(|KiB|MiB|GiB)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const bytes = Number(digits) * UNITS[unit]!;
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** What is common to the commands that talk to a server. */
export const serverOptions = {
  server: option(url("http", "https").default("http://127.0.0.1:8080"), {
    value: "URL",
    help: "the server's address",
  }),
  token: option(
    pattern(/^[\x21-\x7e]+$/, "printable characters without spaces").optional(),
    { value: "TOKEN", help: "who is calling, where the server asks for it", isSecret: true },
  ),
  json: flag(false, { help: "print JSON documents instead of plain results" }),
};
