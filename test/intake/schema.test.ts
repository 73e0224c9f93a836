import { z } from "zod";
import { parseKindName } from "../../src/core/ids.ts";
import { defineJob } from "../../src/intake/define-job.ts";
import { FAULTS_MAX, SCHEMA_CHARACTERS_MAX } from "../../src/intake/json-schema.ts";
import {
  type Checked,
  checkInput,
  checkOutput,
  checkSchema,
  type KindView,
} from "../../src/intake/schema.ts";
import {
  MATCHED_TEXT_MAX,
  PATTERN_MAX,
  UNIQUE_ELEMENTS_MAX,
} from "../../src/intake/schema-shape.ts";
import { assert, describe, test } from "../harness/test.ts";

const kind = parseKindName("price")!;

function worker(inputSchema: unknown, outputSchema: unknown = null): KindView {
  const text = (schema: unknown) => schema === null ? null : JSON.stringify(schema);
  return {
    kind,
    version: "",
    definition: null,
    inputSchema: text(inputSchema),
    outputSchema: text(outputSchema),
  };
}

function defined(input: z.ZodType, output?: z.ZodType): KindView {
  const definition = defineJob({
    kind: "price",
    input,
    ...(output === undefined ? {} : { output }),
  });
  return { kind, version: "", definition, inputSchema: null, outputSchema: null };
}

function faults(checked: Checked): readonly string[] {
  assert.equal(checked.type, "wrong");
  return checked.type === "wrong"
    ? checked.faults.map(({ path, message }) => `${path.join(".")}: ${message}`)
    : [];
}

function right(checked: Checked): unknown {
  assert.equal(checked.type, "right", JSON.stringify(checked));
  return checked.type === "right" ? checked.value : undefined;
}

/** The checked value for a worker's schema. */
function completed(schema: unknown, value: unknown): unknown {
  return right(checkInput(worker(schema), value));
}

const number = { type: "number" };
const text = { type: "string" };

describe("a worker's JSON Schema", () => {
  test("lists every mistake, leaves only, at its place", () => {
    const schema = {
      type: "object",
      properties: {
        amount: { ...number, minimum: 0 },
        note: text,
        list: { type: "array", items: { $ref: "#/$defs/row" } },
      },
      required: ["amount", "note"],
      additionalProperties: false,
      $defs: { row: { type: "object", properties: { "a/b~c%": number } } },
    };
    const checked = checkInput(worker(schema), {
      amount: -1,
      list: [{}, { "a/b~c%": "x" }, 1],
      extra: 1,
    });
    assert.deepEqual(faults(checked), [
      "note: Is required",
      "amount: -1 is less than 0",
      'list.1.a/b~c%: Instance type "string" is invalid. Expected "number"',
      'list.2: Instance type "number" is invalid. Expected "object"',
      "extra: Is not allowed",
    ]);
    assert.deepEqual(checked.type === "wrong" && checked.faults[2]!.path, ["list", 1, "a/b~c%"]);
  });

  test("tells what no choice of several takes", () => {
    const schema = {
      anyOf: [{ type: "object", properties: { a: number }, required: ["a"] }, { type: "null" }],
    };
    assert.deepEqual(faults(checkInput(worker(schema), { a: "x" })), [
      'a: Instance type "string" is invalid. Expected "number"',
      ': Instance type "object" is invalid. Expected "null"',
    ]);
  });

  test("keeps members that it does not name", () => {
    assert.deepEqual(completed({ properties: { a: number } }, { a: 1, b: { c: 2 } }), {
      a: 1,
      b: { c: 2 },
    });
  });

  test("fills in defaults at every object that exists", () => {
    const schema = {
      type: "object",
      properties: {
        a: { default: 1 },
        given: { default: "no" },
        inner: { type: "object", properties: { b: { default: [] } } },
        made: { default: {}, properties: { c: { default: null } } },
        byReference: { $ref: "#/$defs/flag" },
        list: { items: { properties: { d: { default: 4 } } } },
        pair: {
          prefixItems: [{ properties: { e: { default: 5 } } }],
          items: { properties: { f: { default: 6 } } },
        },
        map: { additionalProperties: { properties: { g: { default: 7 } } } },
        patterned: { patternProperties: { "^x": { properties: { h: { default: 8 } } } } },
        __proto__x: { default: 9 },
      },
      allOf: [{ properties: { z: { default: 0 } } }],
      $defs: { flag: { type: "boolean", default: false } },
    };
    const value = {
      given: "yes",
      list: [{}, { d: 0 }, 1],
      pair: [{}, {}],
      map: { k: {} },
      patterned: { x1: {}, y: {} },
    };
    assert.deepEqual(completed(schema, value), {
      a: 1,
      given: "yes",
      made: { c: null },
      byReference: false,
      list: [{ d: 4 }, { d: 0 }, 1],
      pair: [{ e: 5 }, { f: 6 }],
      map: { k: { g: 7 } },
      patterned: { x1: { h: 8 }, y: {} },
      __proto__x: 9,
      z: 0,
    });
    assert.deepEqual(completed(schema, { inner: {} }), {
      a: 1,
      given: "no",
      inner: { b: [] },
      made: { c: null },
      byReference: false,
      __proto__x: 9,
      z: 0,
    });
  });

  test("fills in a default before it asks for what is required", () => {
    assert.deepEqual(completed({ properties: { a: { default: 1 } }, required: ["a"] }, {}), {
      a: 1,
    });
  });

  test("takes the defaults of the choice that the value fits", () => {
    const shape = (name: string) => ({
      properties: { type: { const: name }, size: { default: name.length } },
      required: ["type"],
    });
    const schema = {
      properties: {
        any: { anyOf: [{ type: "null" }, shape("disc"), shape("square")] },
        one: { oneOf: [shape("disc"), shape("square")] },
      },
      if: { required: ["one"] },
      then: { properties: { hasOne: { default: true } } },
      else: { properties: { hasOne: { default: false } } },
    };
    assert.deepEqual(completed(schema, { any: { type: "square" } }), {
      any: { type: "square", size: 6 },
      hasOne: false,
    });
    assert.deepEqual(completed(schema, { one: { type: "disc" } }), {
      one: { type: "disc", size: 4 },
      hasOne: true,
    });
    assert.deepEqual(completed(schema, { any: null }), { any: null, hasOne: false });
  });

  test("makes an own member of a default called __proto__", () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"default":{"a":1}}}}') as unknown;
    const value = completed(schema, {}) as object;
    assert.ok(Object.hasOwn(value, "__proto__"));
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  test("is refused where it is malformed or leads nowhere", () => {
    const malformed: readonly [unknown, RegExp][] = [
      [1, /neither an object nor a boolean/],
      [{ type: "text" }, /"type"/],
      [{ required: "a" }, /"required"/],
      [{ properties: { a: 1 } }, /"properties"/],
      [{ properties: { a: { items: "x" } } }, /"items"/],
      [{ anyOf: [] }, /"anyOf"/],
      [{ minimum: "1" }, /"minimum"/],
      [{ pattern: "(" }, /no regular expression/],
      [{ patternProperties: { "[": true } }, /no regular expression/],
      [{ $ref: "#/$defs/none" }, /leads nowhere/],
      [{ $ref: "https://example.org/schema" }, /leads nowhere/],
      [{ $ref: "#" }, /too complex/],
      [{ allOf: [{ $ref: "#" }] }, /too complex/],
      [{ $dynamicRef: "#a" }, /not supported/],
    ];
    for (const [schema, reason] of malformed) {
      assert.match(checkSchema(JSON.stringify(schema)) ?? "", reason);
    }
    assert.match(checkSchema("{") ?? "", /Cannot use schema/);
    assert.match(checkSchema(`"${"x".repeat(SCHEMA_CHARACTERS_MAX)}"`) ?? "", /characters/);
    assert.match(
      checkSchema(`${'{"not":'.repeat(30_000)}{}${"}".repeat(30_000)}`) ?? "",
      /too complex|nested/,
    );
  });

  test("may look like one where it is none", () => {
    const odd = [
      true,
      false,
      {},
      { properties: { properties: number, $dynamicRef: text, required: text } },
      {
        default: { type: 5 },
        examples: [{ pattern: "(" }],
        enum: [{ $ref: "#/none" }],
        "x-ui": { required: 5 },
      },
      { $schema: "http://json-schema.org/draft-04/schema#", minimum: 1, exclusiveMinimum: true },
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        items: [number, text],
        definitions: { a: {} },
      },
      { $id: "https://example.org/a", $ref: "a#/$defs/b", $defs: { b: { $anchor: "c" } } },
      { components: { a: number }, $ref: "#/components/a" },
    ];
    for (const schema of odd) assert.equal(checkSchema(JSON.stringify(schema)), null);
  });

  test("may describe a tree", () => {
    const schema = {
      type: "object",
      properties: { next: { $ref: "#" }, size: { default: 1 } },
      additionalProperties: false,
    };
    assert.deepEqual(completed(schema, { next: { next: {} } }), {
      next: { next: { size: 1 }, size: 1 },
      size: 1,
    });
    assert.deepEqual(faults(checkInput(worker(schema), { next: { next: { nxt: 1 } } })), [
      "next.next.nxt: Is not allowed",
    ]);
  });

  test("cannot be used to keep the server busy", () => {
    assert.match(
      checkSchema(JSON.stringify({ pattern: "a".repeat(PATTERN_MAX + 1) })) ?? "",
      /longer than/,
    );
    for (const pattern of ["(a+)+$", "^(?:a*)*$", "((ab)*c?)+", "(x|(?<n>y{2,})){3,}"]) {
      assert.match(checkSchema(JSON.stringify({ pattern })) ?? "", /repeats a repetition/, pattern);
    }
    for (
      const pattern of [
        "^(a|b)+$",
        "^[(+*)]+$",
        "\\(a+\\)+",
        "(ab){2,3}",
        "^\\d+(?:\\.\\d+)?$",
        "(?=a+)b+",
      ]
    ) {
      assert.equal(checkSchema(JSON.stringify({ pattern })), null, pattern);
    }
    const long = "x".repeat(MATCHED_TEXT_MAX + 1);
    for (
      const schema of [{ pattern: "^x+$" }, { format: "url" }, { format: "email", pattern: "." }]
    ) {
      assert.match(faults(checkInput(worker(schema), long)).join(), /too long/);
      assert.match(
        faults(checkInput(worker({ properties: { a: schema } }), { a: "é " })).join(),
        /^a: String does not match/,
      );
    }
    assert.equal(completed({ pattern: "^x+$" }, "xx"), "xx");
    assert.equal(
      faults(checkInput(worker({ patternProperties: { "^x": number } }), { [long]: 1 })).length,
      1,
    );
    const many = Array.from({ length: UNIQUE_ELEMENTS_MAX + 1 }, (_, i) => i);
    assert.match(faults(checkInput(worker({ uniqueItems: true }), many)).join(), /too many items/);
    assert.match(faults(checkInput(worker({ uniqueItems: true }), [1, 2, 1])).join(), /Duplicate/);
    assert.deepEqual(completed({ uniqueItems: true }, [1, 2]), [1, 2]);
  });

  test("whose work doubles with each level is given up", () => {
    const doubling = {
      anyOf: [{ properties: { a: { $ref: "#" } }, required: ["b"] }, {
        properties: { a: { $ref: "#" } },
        required: ["b"],
      }],
    };
    let value: unknown = { b: 1 };
    for (let i = 0; i < 60; i++) value = { a: value };
    assert.match(faults(checkInput(worker(doubling), value)).join(), /too complex/);
  });

  test("whose defaults have no end is given up", () => {
    const endless = { properties: { a: { $ref: "#", default: {} } } };
    const twice = { properties: { a: { $ref: "#", default: {} }, b: { $ref: "#", default: {} } } };
    for (const schema of [endless, twice]) {
      assert.match(faults(checkInput(worker(schema), {})).join(), /too complex/);
      assert.deepEqual(completed(schema, 1), 1);
    }
  });

  test("tells a bounded number of faults, however many there are", () => {
    const wrong = Array.from({ length: 200_000 }, () => "x");
    const told = faults(checkInput(worker({ items: number }), wrong));
    assert.ok(told.length >= 1 && told.length <= FAULTS_MAX);
    assert.equal(
      faults(checkInput(worker({ items: number }), wrong.slice(0, 500))).length,
      FAULTS_MAX,
    );
  });

  test("that does not compile is not the client's fault", () => {
    const view = { ...worker({}), inputSchema: "{" };
    assert.equal(checkInput(view, {}).type, "broken");
  });
});

describe("a zod schema", () => {
  test("gives the parsed input, and lists every mistake", () => {
    const view = defined(
      z.object({ amount: z.number().positive(), note: z.string().default("none") }),
    );
    assert.deepEqual(right(checkInput(view, { amount: 1, extra: 2 })), { amount: 1, note: "none" });
    assert.deepEqual(
      faults(checkInput(view, { amount: -1, note: 5 })).map((fault) => fault.split(":")[0]),
      ["amount", "note"],
    );
  });

  test("of several choices tells the faults of each", () => {
    const view = defined(z.object({ a: z.union([z.number(), z.object({ b: z.string() })]) }));
    assert.deepEqual(
      faults(checkInput(view, { a: { b: 1 } })).map((fault) => fault.split(":")[0]),
      ["a", "a.b"],
    );
  });

  test("that throws or waits is broken, and the client is not to blame", () => {
    const throws = defined(
      z.number().refine(() => {
        throw new Error("secret");
      }),
    );
    const waits = defined(z.number().refine(() => Promise.resolve(true)));
    for (const view of [throws, waits]) assert.equal(checkInput(view, 1).type, "broken");
    assert.equal(checkInput(throws, "x").type, "wrong");
  });

  test("that is not there takes anything", () => {
    const view: KindView = { ...worker(null), definition: defineJob({ kind: "price" }) };
    assert.deepEqual(right(checkInput(view, [1])), [1]);
  });
});

describe("an output schema", () => {
  test("is asked of results, which stay as they are", () => {
    const view = worker(null, {
      type: "object",
      properties: { a: { default: 1 } },
      required: ["b"],
    });
    const result = { b: 1 };
    assert.equal(checkOutput(view, result), null);
    assert.deepEqual(result, { b: 1 });
    assert.equal(
      checkOutput(view, {}),
      'Cannot take result: it breaks the output schema of kind "price": b: Is required',
    );
    assert.match(checkOutput(view, 1) ?? "", /the result: Instance type "number"/);
    assert.equal(checkOutput(worker(null), "anything"), null);
  });

  test("may be zod's, and may be broken", () => {
    assert.equal(checkOutput(defined(z.any(), z.number()), 1), null);
    assert.match(checkOutput(defined(z.any(), z.number()), "x") ?? "", /breaks the output schema/);
    const broken = z.any().refine(() => {
      throw new Error("secret");
    });
    const told = checkOutput(defined(z.any(), broken), "x") ?? "";
    assert.match(told, /failed itself/);
    assert.ok(!told.includes("secret"));
  });

  test("takes no names with half a surrogate pair, and does not fail on them", () => {
    const view = worker(null, { additionalProperties: number });
    assert.match(checkOutput(view, JSON.parse('{"\\ud800":"x"}')) ?? "", /Cannot be checked/);
  });
});
