// JSON Schema, as workers give it for their kinds: compiled once, then applied to values. The package
// @cfworker/json-schema does the checking, without eval. It trusts its schemas; here they are not trusted.
//
// S1. A schema that compiles is well formed wherever it can be reached, and refers to nothing unknown.
// S2. The work is bounded, beyond what is in proportion to the value: patterns are short, and so are texts that are
//     matched against them and arrays whose elements must be unique; references that are followed are counted.

import {
  dereference,
  type OutputUnit,
  type Schema,
  type SchemaDraft,
  validate,
} from "@cfworker/json-schema";
import { encodeUtf8 } from "../base/bytes.ts";
import { scanJson } from "../base/json.ts";
import { finish } from "../base/steps.ts";
import type { InputFault } from "../core/problem.ts";
import { fillDefaults } from "./defaults.ts";
import { boundWork, reachableSchemas } from "./schema-shape.ts";

/** A schema that can be applied. */
export interface CompiledSchema {
  readonly root: Schema | boolean;
  readonly draft: SchemaDraft;
  readonly references: References;
  readonly hasDefaults: boolean;
}

/** Longest schema, in characters. */
export const SCHEMA_CHARACTERS_MAX = 256 * 1024;
/** How deep the arrays and objects of a schema may lie in each other. */
const SCHEMA_NESTING_MAX = 128;
/** Most faults that are told. */
export const FAULTS_MAX = 100;

/** Compiles a schema; text says why it cannot be. */
export function compileSchema(text: string): CompiledSchema | string {
  if (text.length > SCHEMA_CHARACTERS_MAX) {
    return `it has more than ${SCHEMA_CHARACTERS_MAX} characters`;
  }
  const scan = finish(scanJson(encodeUtf8(text), SCHEMA_NESTING_MAX));
  if ("message" in scan) return scan.message;
  try {
    const root = JSON.parse(text) as Schema | boolean;
    const references = new References(dereference(root));
    const schemas = reachableSchemas(root, references);
    const hasDefaults = schemas.some((schema) => schema.default !== undefined);
    for (const schema of schemas) boundWork(schema);
    const compiled = { root, draft: draftOf(root), references, hasDefaults };
    tryOut(compiled, schemas.length);
    return compiled;
  } catch (error) {
    return error instanceof RangeError ? TOO_COMPLEX : (error as Error).message;
  }
}

/** A value with its defaults, or why there is no end of them. */
export type Completed = { readonly value: unknown } | { readonly faults: readonly InputFault[] };

/** Fills the schema's defaults into a value, mostly in place. */
export function completeValue(compiled: CompiledSchema, value: unknown): Completed {
  if (!compiled.hasDefaults) return { value };
  return attempt(compiled, value, () => ({ value: complete(compiled, value) }));
}

/** What is wrong with a value; nothing if it is right. */
export function findFaults(compiled: CompiledSchema, value: unknown): readonly InputFault[] {
  return attempt(compiled, value, () => ({ faults: faultsOf(findErrors(compiled, value), value) }))
    .faults;
}

const TOO_COMPLEX = "it is too complex or too deeply nested";
/** Values nested deeper are not searched for more faults than one: the work may double with each level. */
const SEARCHED_DEPTH_MAX = 6;

/** What `$ref` can name, by address. Only by following references can a short schema do much work: they are counted. */
class References {
  readonly table: Record<string, Schema | boolean>;
  #left = Infinity;
  #value: unknown = null;

  constructor(table: Record<string, Schema | boolean>) {
    this.table = new Proxy(table, {
      get: (target, address) => {
        if (this.#left-- === 0) this.#allowMore(); // S2
        return Reflect.get(target, address);
      },
    });
  }

  /** Begins to count for a value: so many are free. */
  count(value: unknown, free: number): void {
    this.#left = free;
    this.#value = value;
  }

  /** Once, in proportion to the value. */
  #allowMore(): void {
    this.#left = REFERENCES_A_PART * countParts(this.#value);
    this.#value = null;
    if (this.#left === 0) throw new RangeError(TOO_COMPLEX);
  }
}

/** References that are followed for any value, and more of them for each of its parts. */
const REFERENCES_FREE = 10_000;
const REFERENCES_TRIED = 100;
const REFERENCES_A_PART = 20;

/** The parts of an array or object, at any depth. */
function countParts(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((count: number, part) => count + 1 + countParts(part), 0);
}

/** What takes too much work is a fault of the value. */
function attempt<T>(
  { references }: CompiledSchema,
  value: unknown,
  work: () => T,
): T | { readonly faults: readonly InputFault[] } {
  try {
    references.count(value, REFERENCES_FREE);
    return work();
  } catch (error) {
    const why = error instanceof RangeError ? TOO_COMPLEX : (error as Error).message;
    return { faults: [{ path: [], message: `Cannot be checked: ${why}` }] };
  }
}

function complete({ root, draft, references: { table } }: CompiledSchema, value: unknown): unknown {
  const checker = {
    target: (schema: Schema) =>
      schema.$ref === undefined ? undefined : table[schema.__absolute_ref__ ?? schema.$ref],
    fits: (part: unknown, schema: Schema | boolean) =>
      validate(part, schema, draft, table, true).valid,
  };
  return fillDefaults(checker, root, value);
}

function draftOf(root: Schema | boolean): SchemaDraft {
  const name = typeof root === "boolean" ? "" : String(root.$schema);
  if (name.includes("draft-04")) return "4";
  if (name.includes("draft-06") || name.includes("draft-07")) return "7";
  return name.includes("2019-09") ? "2019-09" : "2020-12";
}

/** What refers to itself without end does so for any value, and follows more references than there are schemas. */
function tryOut({ root, draft, references }: CompiledSchema, schemas: number): void {
  for (const value of [null, "", 0, [], {}]) {
    references.count(value, REFERENCES_TRIED + 2 * schemas);
    validate(value, root, draft, references.table, false);
  }
}

/** The checker's errors: all of them, unless there are so many that its recursion cannot hold them. */
function findErrors(
  { root, draft, references }: CompiledSchema,
  value: unknown,
): readonly OutputUnit[] {
  const { valid, errors } = validate(value, root, draft, references.table, true);
  if (valid || isDeeper(value, SEARCHED_DEPTH_MAX)) return errors;
  try {
    return validate(value, root, draft, references.table, false).errors;
  } catch (error) {
    if (error instanceof RangeError) return errors;
    throw error;
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((part) => isDeeper(part, depth - 1));
}

/** Errors of these only say that there is another error, which follows. */
const WITHOUT_NEWS: ReadonlySet<string> = new Set([
  "$ref",
  "$recursiveRef",
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "propertyNames",
  "dependentSchemas",
  "items",
  "prefixItems",
  "additionalItems",
  "unevaluatedItems",
  "allOf",
  "anyOf",
  "if",
]);

function faultsOf(errors: readonly OutputUnit[], value: unknown): readonly InputFault[] {
  return errors.filter(({ keyword }) => !WITHOUT_NEWS.has(keyword)).slice(0, FAULTS_MAX).map(
    ({ keyword, instanceLocation, error }) => {
      const path = pathOf(instanceLocation, value);
      if (keyword === "false") return { path, message: "Is not allowed" };
      const missing = keyword === "required" ? /"(.*)"\.$/s.exec(error) : null;
      if (missing !== null) return { path: [...path, missing[1]!], message: "Is required" };
      return { path, message: error.replace(/\.$/, "") };
    },
  );
}

/** The path of a JSON pointer in a URI's fragment; digits are an index only in an array. */
function pathOf(pointer: string, root: unknown): readonly (string | number)[] {
  let value = root;
  return pointer.split("/").slice(1).map((part) => {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    const isIndex = Array.isArray(value);
    value = Object(value)[name];
    return isIndex ? Number(name) : name;
  });
}
