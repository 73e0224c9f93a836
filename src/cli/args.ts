// The grammar of the command line. What an option is called and may hold is the table's (options.ts); which of
// command line, environment and file wins is config.ts's.

import { z } from "zod";

/** The command line was wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command line, cut into words. Options have texts, or true and false where they take no value. */
export interface Arguments {
  readonly options: ReadonlyMap<string, string | boolean | readonly string[]>;
  readonly operands: readonly string[];
}

/** Options that every command has beside its table. */
export const COMMON_OPTIONS = { config: z.string().optional(), help: z.boolean().default(false) };

/** Which form an option takes. */
export type OptionForm = "flag" | "number" | "many" | "text";

/** The form of an option, read off its schema. */
export function formOf(schema: z.ZodType): OptionForm {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodBoolean) return "flag";
  if (inner instanceof z.ZodNumber) return "number";
  return inner instanceof z.ZodArray ? "many" : "text";
}

/** An option's default as it would be written; undefined if it has none. */
export function defaultOf(schema: z.ZodType): unknown {
  const hasDefault = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return hasDefault ? schema.def.defaultValue : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner: unknown = schema;
  while (
    inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional
  ) inner = inner.unwrap();
  return inner as z.ZodType;
}

/**
 * Cuts a command line into options and operands. `--name value`, `--name=value`, `--name`, `--no-name`; `--` ends
 * the options, and a single `-` or a negative number is an operand.
 * @throws {UsageError} for an unknown option, one given twice, a missing or superfluous value.
 */
export function parseArguments(table: z.ZodObject, words: readonly string[]): Arguments {
  const shape: Record<string, z.ZodType> = { ...table.shape, ...COMMON_OPTIONS };
  const options = new Map<string, string | boolean | string[]>();
  const operands: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") {
      operands.push(...words.slice(i + 1));
      break;
    }
    if (!/^-(?!$|\d)/.test(word)) {
      operands.push(word);
      continue;
    }
    const { name, isNegated, inline } = readOption(shape, word);
    const form = formOf(shape[name]!);
    if (options.has(name) && form !== "many") throw new UsageError(`Cannot take --${name} twice`);
    if (form === "flag") {
      if (inline !== null && (isNegated || !/^(true|false)$/.test(inline))) {
        throw new UsageError(`Cannot use "${word}": --${name} takes no value`);
      }
      options.set(name, isNegated ? false : inline !== "false");
      continue;
    }
    const value = inline ?? words[++i];
    if (value === undefined || (inline === null && value.startsWith("--"))) {
      throw new UsageError(`Cannot use --${name} without a value`);
    }
    if (form !== "many") options.set(name, value);
    else options.set(name, [...(options.get(name) as string[] | undefined ?? []), value]);
  }
  return { options, operands };
}

interface ReadOption {
  readonly name: string;
  readonly isNegated: boolean;
  readonly inline: string | null;
}

function readOption(shape: Readonly<Record<string, z.ZodType>>, word: string): ReadOption {
  if (word === "-h") return { name: "help", isNegated: false, inline: null };
  const [, dashes, name = "", value] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word)!;
  const inline = value ?? null;
  if (dashes === "--" && Object.hasOwn(shape, name)) return { name, isNegated: false, inline };
  const positive = name.replace(/^no-/, "");
  if (dashes === "--" && positive !== name && Object.hasOwn(shape, positive)) {
    if (formOf(shape[positive]!) === "flag") return { name: positive, isNegated: true, inline };
  }
  const near = nearest(name, Object.keys(shape));
  throw new UsageError(
    `Unknown option "${dashes}${name}"${hint(near === null ? null : `--${near}`)}`,
  );
}

/** The end of a message about an unknown name: what was probably meant. */
export function hint(near: string | null): string {
  return near === null ? "" : `: did you mean ${near}?`;
}

/** The name that takes the fewest edits to reach; null if all are far. */
export function nearest(name: string, names: readonly string[]): string | null {
  const ranked = names.map((other) => ({ other, edits: editDistance(name, other) }));
  const best = ranked.sort((a, b) => a.edits - b.edits)[0];
  return best !== undefined && best.edits <= Math.max(1, name.length / 3) ? best.other : null;
}

/** Insertions, deletions, replacements and swaps of neighbours between two texts. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + (isSame ? 0 : 1),
      );
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) edits = Math.min(edits, rows[i - 2]![j - 2]! + 1);
      row.push(edits);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
