// The shape of JSON Schema: which keywords hold what. It finds what is malformed, finds every schema that can be reached,
// and bounds the work that a schema can ask for.

import type { Schema } from "@cfworker/json-schema";

/** Longest pattern, in characters. */
export const PATTERN_MAX = 256;
/** Longest text that is matched against a pattern or a format, in characters. */
export const MATCHED_TEXT_MAX = 4_096;
/** Most elements of an array whose elements must be unique: each is compared with each. */
export const UNIQUE_ELEMENTS_MAX = 2_000;

/** Every schema that a check can come to. @throws {TypeError} that says what is malformed or unknown. */
export function reachableSchemas(
  root: unknown,
  references: { readonly table: Readonly<Record<string, unknown>> },
): readonly Schema[] {
  const found = new Set<Schema>();
  const visit = (schema: unknown): void => {
    if (!isObject(schema)) {
      if (typeof schema === "boolean") return;
      throw new TypeError("a schema in it is neither an object nor a boolean");
    }
    if (found.has(schema)) return;
    found.add(schema);
    for (const [keyword, isRight] of SHAPES) {
      if (schema[keyword] !== undefined && !isRight(schema[keyword])) {
        throw new TypeError(`its keyword "${keyword}" is malformed`);
      }
    }
    if (schema.$dynamicRef !== undefined) {
      throw new TypeError('it has "$dynamicRef", which is not supported');
    }
    if (schema.pattern !== undefined) checkPattern(schema.pattern);
    for (const pattern of Object.keys(schema.patternProperties ?? {})) checkPattern(pattern);
    for (const part of partsOf(schema)) visit(part);
    if (schema.$ref === undefined) return;
    const target = references.table[schema.__absolute_ref__ ?? schema.$ref];
    if (target === undefined) throw new TypeError(`its reference "${schema.$ref}" leads nowhere`);
    visit(target);
  };
  visit(root);
  return [...found];
}

/** Replaces what could take long by the same with a limit. */
export function boundWork(schema: Schema): void {
  const limited: Schema[] = [];
  const { pattern, format, uniqueItems } = schema;
  if (pattern !== undefined || format !== undefined) {
    const isShort = { maxLength: MATCHED_TEXT_MAX };
    limited.push({ if: isShort, then: pick({ pattern, format }), else: isShort });
    delete schema.pattern;
    delete schema.format;
  }
  if (uniqueItems === true) {
    const isShort = { maxItems: UNIQUE_ELEMENTS_MAX };
    limited.push({ if: isShort, then: { uniqueItems }, else: isShort });
    delete schema.uniqueItems;
  }
  if (schema.patternProperties !== undefined) {
    limited.push({ propertyNames: { maxLength: MATCHED_TEXT_MAX } });
  }
  if (limited.length > 0) schema.allOf = [...(schema.allOf ?? []), ...limited];
}

type Shape = (value: unknown) => boolean;

const TYPES: readonly unknown[] = [
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
];

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function isSchema(value: unknown): boolean {
  return typeof value === "boolean" || isObject(value);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isSchema);
}

function isMap(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isSchema);
}

const SINGLE = [
  "additionalItems",
  "unevaluatedItems",
  "contains",
  "additionalProperties",
  "unevaluatedProperties",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
];
const LISTS = ["prefixItems", "allOf", "anyOf", "oneOf"];
const MAPS = ["properties", "patternProperties", "dependentSchemas"];
const NUMBERS = [
  "minimum",
  "maximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
];

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...SINGLE.map((keyword) => [keyword, isSchema] as const),
  ...LISTS.map((keyword) => [keyword, isList] as const),
  ...MAPS.map((keyword) => [keyword, isMap] as const),
  ...NUMBERS.map((keyword) => [keyword, isNumber] as const),
  ...["$id", "$ref", "pattern", "format"].map((keyword) => [keyword, isText] as const),
  // A list of schemas until 2019-09, a flag beside the bound in draft 4.
  ["items", (value) => isSchema(value) || (Array.isArray(value) && value.every(isSchema))],
  ["exclusiveMinimum", (value) => isNumber(value) || typeof value === "boolean"],
  ["exclusiveMaximum", (value) => isNumber(value) || typeof value === "boolean"],
  [
    "type",
    (value) => (Array.isArray(value) ? value : [value]).every((type) => TYPES.includes(type)),
  ],
  ["enum", Array.isArray],
  ["required", isTexts],
  ["uniqueItems", (value) => typeof value === "boolean"],
  ["dependentRequired", (value) => isObject(value) && Object.values(value).every(isTexts)],
  [
    "dependencies",
    (value) =>
      isObject(value) && Object.values(value).every((part) => isTexts(part) || isSchema(part)),
  ],
]);

function partsOf(schema: Schema): readonly unknown[] {
  const { items, dependencies = {} } = schema;
  return [
    ...SINGLE.map((keyword) => schema[keyword]),
    ...LISTS.flatMap((keyword) => schema[keyword]),
    ...MAPS.flatMap((keyword) => Object.values(schema[keyword] ?? {})),
    ...(Array.isArray(items) ? items : [items]),
    ...Object.values(dependencies).filter((part) => !Array.isArray(part)),
  ].filter((part) => part !== undefined);
}

function checkPattern(pattern: string): void {
  if (pattern.length > PATTERN_MAX) {
    throw new TypeError(`a pattern of it is longer than ${PATTERN_MAX} characters`);
  }
  const quoted = `its pattern "${pattern}"`;
  try {
    new RegExp(pattern, "u");
  } catch {
    throw new TypeError(`${quoted} is no regular expression`);
  }
  if (repeatsARepetition(pattern)) {
    throw new TypeError(`${quoted} repeats a repetition, which may take for ever`);
  }
}

/** Whether a group with `*`, `+` or `{n,}` in it is itself repeated so: the usual way in which matching explodes. */
function repeatsARepetition(pattern: string): boolean {
  /** For each open group: whether something in it is repeated without bound. */
  const groups = [false];
  const parts = pattern.matchAll(
    /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<\w+>))?|\)?(?:[*+]|\{\d+,\})|\)|./gsu,
  );
  for (const [part] of parts) {
    const isRepeated = /^\)?(?:[*+]|\{\d+,\})$/.test(part);
    if (part.startsWith("(")) groups.push(false);
    else if (part.startsWith(")")) {
      const inside = groups.pop() ?? false;
      if (inside && isRepeated) return true;
      groups[groups.length - 1] ||= inside || isRepeated;
    } else if (isRepeated) groups[groups.length - 1] = true;
  }
  return false;
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without the members that are undefined. */
function pick(members: { readonly [name: string]: string | undefined }): Schema {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
