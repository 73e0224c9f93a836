// Whether inputs and results are what their kind's schema says: a zod schema of `defineJob`, or a worker's JSON Schema.

import { LRUCache } from "lru-cache";
import type { z } from "zod";
import type { KindName } from "../core/ids.ts";
import type { InputFault } from "../core/problem.ts";
import type { JobDefinition } from "./define-job.ts";
import {
  type CompiledSchema,
  compileSchema,
  type Completed,
  completeValue,
  FAULTS_MAX,
  findFaults,
} from "./json-schema.ts";

/** What is known of the current version of a kind. The definition's schemas go before those of workers. */
export interface KindView {
  readonly kind: KindName;
  readonly version: string;
  /** What `defineJob` made; null for a kind that workers brought. */
  readonly definition: JobDefinition | null;
  /** A worker's JSON Schemas, as text; null: anything goes. */
  readonly inputSchema: string | null;
  readonly outputSchema: string | null;
}

/** What became of a value. */
export type Checked =
  /** It is right; as the schema has parsed it, defaults filled in. */
  | { readonly type: "right"; readonly value: unknown }
  | { readonly type: "wrong"; readonly faults: readonly InputFault[] }
  /** The schema itself failed: it threw, is asynchronous, or does not compile. */
  | { readonly type: "broken"; readonly error: unknown };

/** Why a JSON Schema cannot be used; null if it can. */
export function checkSchema(text: string): string | null {
  const compiled = compile(text);
  return typeof compiled === "string" ? `Cannot use schema: ${compiled}` : null;
}

/** Whether inputs of this kind are checked. */
export function hasInputSchema({ definition, inputSchema }: KindView): boolean {
  return definition === null ? inputSchema !== null : definition.input !== null;
}

/** Checks an input out of JSON, which may be changed on the way. */
export function checkInput({ definition, inputSchema }: KindView, value: unknown): Checked {
  if (definition !== null) return checkZod(definition.input, value);
  if (inputSchema === null) return { type: "right", value };
  return checkJsonSchema(inputSchema, (compiled) => completeValue(compiled, value));
}

/** Checks a result out of JSON, which is left as it is. The answer says what is wrong; null: nothing. */
export function checkOutput(
  { kind, definition, outputSchema }: KindView,
  value: unknown,
): string | null {
  if (definition === null && outputSchema === null) return null;
  const checked = definition !== null
    ? checkZod(definition.output, value)
    : checkJsonSchema(outputSchema!, () => ({ value }));
  if (checked.type === "right") return null;
  const about = `Cannot take result: it breaks the output schema of kind "${kind}"`;
  if (checked.type === "broken") return `${about}, which failed itself`;
  const faults = checked.faults.slice(0, TOLD_FAULTS_MAX)
    .map(({ path, message }) => `${path.length === 0 ? "the result" : path.join(".")}: ${message}`);
  return `${about}: ${faults.join("; ")}`;
}

/** Most faults of a result that its error names. */
const TOLD_FAULTS_MAX = 5;
/** Schemas that are kept compiled, and their characters. */
const COMPILED_MAX = 10_000;
const COMPILED_CHARACTERS_MAX = 16 * 1024 * 1024;

/** By their text, so that one is never out of date, and equal ones are compiled once. */
const compiledSchemas = new LRUCache<string, CompiledSchema | string>({
  max: COMPILED_MAX,
  maxSize: COMPILED_CHARACTERS_MAX,
  sizeCalculation: (_, text) => text.length + 1,
});

function compile(text: string): CompiledSchema | string {
  let compiled = compiledSchemas.get(text);
  if (compiled === undefined) compiledSchemas.set(text, compiled = compileSchema(text));
  return compiled;
}

/** Checks what `prepare` makes of a value. */
function checkJsonSchema(
  text: string,
  prepare: (compiled: CompiledSchema) => Completed,
): Checked {
  const compiled = compile(text);
  if (typeof compiled === "string") return { type: "broken", error: new TypeError(compiled) };
  const prepared = prepare(compiled);
  if ("faults" in prepared) return { type: "wrong", faults: prepared.faults };
  const faults = findFaults(compiled, prepared.value);
  return faults.length > 0 ? { type: "wrong", faults } : { type: "right", value: prepared.value };
}

/** A schema's own functions may throw anything; zod throws when they are asynchronous. */
function checkZod(schema: z.ZodType | null, value: unknown): Checked {
  if (schema === null) return { type: "right", value };
  try {
    const { success, data, error } = schema.safeParse(value);
    if (success) return { type: "right", value: data };
    return { type: "wrong", faults: faultsOf(error.issues, []).slice(0, FAULTS_MAX) };
  } catch (error) {
    return { type: "broken", error };
  }
}

/** Of a union the faults of every choice, since none says what was meant. */
function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[],
): readonly InputFault[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      return issue.errors.flatMap((choice) => faultsOf(choice, path));
    }
    const spelled = path.map((part) => typeof part === "symbol" ? String(part) : part);
    return [{ path: spelled, message: issue.message }];
  });
}
