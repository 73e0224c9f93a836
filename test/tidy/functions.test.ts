// The rule about the length of functions stands on `functionsOf`.

import { assert, describe, test } from "../harness/test.ts";
import { functionsOf } from "./functions.ts";

describe("functionsOf", () => {
  const one: readonly (readonly [string, string])[] = [
    ["a declaration", "function a() {\n}"],
    [
      "a type behind the arguments",
      "export async function* a<T>(b: C): AsyncGenerator<T, void> {\n}",
    ],
    ["a type that is an object", "function a(): { b: number } {\n}"],
    ["a type with operators", "function a(b: C): readonly D[] | null {\n}"],
    ["a type that is a function", "function a(): (b: C) => Promise<{ d: E }> {\n}"],
    ["an assertion", "function a(b: C): asserts b is D & { e: F } {\n}"],
    ["a tuple", "function a(): [Port, Port] {\n}"],
    ["a method", "async #a(b: C): Promise<D> {\n}"],
    ["an accessor", "get size(): number {\n}"],
    ["a constructor", "constructor(a: B) {\n}"],
    ["an arrow", "const a = (b: C): D => {\n}"],
  ];
  for (const [what, code] of one) {
    test(`sees ${what}`, () => {
      assert.deepEqual(functionsOf(code).map(({ line, lines }) => [line, lines]), [[1, 2]]);
    });
  }

  const none: readonly (readonly [string, string])[] = [
    [
      "statements",
      "if (a) {\n} else if (b(c)) {\n}\nfor await (const d of e()) {\n}\nwhile (f) {\n}",
    ],
    ["more statements", "switch (a(b)) {\n}\ntry {\n} catch (c) {\n}"],
    [
      "declarations without a body",
      "interface A { b(c: D): { e: F }; g(): H }\ndeclare function i(): J;",
    ],
    ["a choice", "a ? b(c) : { d: e };"],
    ["a call in a case", "case a(b): {\n}"],
    ["a class that extends a call", "class A extends b(C) {\n}"],
    ["an arrow without braces", "a((b) => b.c)"],
  ];
  for (const [what, code] of none) {
    test(`sees no function in ${what}`, () => assert.deepEqual(functionsOf(code), []));
  }

  test("counts from the arguments to the closing brace, nested functions as well", () => {
    const code = "function a(\n  b: C,\n): D {\n  e(() => {\n    f;\n  });\n}";
    assert.deepEqual(functionsOf(code).map(({ line, lines }) => [line, lines]), [[4, 3], [1, 7]]);
  });
});
