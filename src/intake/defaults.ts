// The `default`s of a JSON Schema, filled in at every object that exists. Where several schemas stand for choice (anyOf,
// oneOf, if), the value decides: its own defaults filled in, it takes the first that it fits.

import type { Schema } from "@cfworker/json-schema";
import { MATCHED_TEXT_MAX } from "./schema-shape.ts";

/** What is asked of the schema's checker. */
export interface SchemaChecker {
  /** What a schema's `$ref` names; undefined if it has none. */
  target(schema: Schema): Schema | boolean | undefined;
  /** Whether a value passes. */
  fits(value: unknown, schema: Schema | boolean): boolean;
}

/** Fills the defaults into a value, mostly in place; the answer is the value. @throws {RangeError} if there is no end of them. */
export function fillDefaults(
  checker: SchemaChecker,
  schema: Schema | boolean,
  value: unknown,
): unknown {
  return new Filler(checker).fill(schema, value);
}

/** Most defaults that are filled into one value: a schema whose default has a default has no end. */
const DEFAULTS_MAX = 10_000;

class Filler {
  readonly #checker: SchemaChecker;
  #left = DEFAULTS_MAX;

  constructor(checker: SchemaChecker) {
    this.#checker = checker;
  }

  fill(schema: Schema | boolean | undefined, value: unknown): unknown {
    if (typeof schema !== "object" || typeof value !== "object" || value === null) return value;
    let filled = this.fill(this.#checker.target(schema), value);
    for (const part of schema.allOf ?? []) filled = this.fill(part, filled);
    filled = this.#choose(schema.anyOf ?? [], filled);
    filled = this.#choose(schema.oneOf ?? [], filled);
    if (schema.if !== undefined) {
      filled = this.fill(this.#checker.fits(filled, schema.if) ? schema.then : schema.else, filled);
    }
    if (Array.isArray(filled)) this.#fillElements(schema, filled);
    else this.#fillMembers(schema, filled as Record<string, unknown>);
    return filled;
  }

  #choose(choices: readonly Schema[], value: unknown): unknown {
    for (const choice of choices) {
      const candidate = this.fill(choice, structuredClone(value));
      if (this.#checker.fits(candidate, choice)) return candidate;
    }
    return value;
  }

  #fillElements({ prefixItems, items }: Schema, elements: unknown[]): void {
    const first = prefixItems ?? (Array.isArray(items) ? items : []);
    const rest = Array.isArray(items) ? undefined : items;
    for (const [index, element] of elements.entries()) {
      elements[index] = this.fill(index < first.length ? first[index] : rest, element);
    }
  }

  #fillMembers(schema: Schema, members: Record<string, unknown>): void {
    const properties: Record<string, Schema | boolean> = schema.properties ?? {};
    for (const [name, property] of Object.entries(properties)) {
      if (Object.hasOwn(members, name)) continue;
      const value = structuredClone(this.#defaultOf(property));
      if (value === undefined) continue;
      if (--this.#left < 0) throw new RangeError("Too many defaults");
      // Not an assignment, which would take the name __proto__ for something else.
      Object.defineProperty(members, name, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    const patterns = Object.entries(schema.patternProperties ?? {})
      .map(([pattern, part]) => [new RegExp(pattern, "u"), part] as const);
    for (const name of Object.keys(members)) {
      const parts = patterns
        .filter(([pattern]) => name.length <= MATCHED_TEXT_MAX && pattern.test(name))
        .map(([, part]) => part);
      if (Object.hasOwn(properties, name)) parts.push(properties[name]!);
      if (parts.length === 0 && schema.additionalProperties !== undefined) {
        parts.push(schema.additionalProperties);
      }
      for (const part of parts) members[name] = this.fill(part, members[name]);
    }
    for (const [name, part] of Object.entries(schema.dependentSchemas ?? {})) {
      if (Object.hasOwn(members, name)) this.fill(part, members);
    }
  }

  #defaultOf(schema: Schema | boolean): unknown {
    if (typeof schema === "boolean") return undefined;
    if (schema.default !== undefined) return schema.default;
    const target = this.#checker.target(schema);
    return target === undefined ? undefined : this.#defaultOf(target);
  }
}
