import canonicalize from "canonicalize";
import fc from "fast-check";
import { decodeUtf8, encodeUtf8 } from "../../src/base/bytes.ts";
import { type JsonFault, scanJson } from "../../src/base/json.ts";
import { finish } from "../../src/base/steps.ts";
import { canonicalText, canonicalValue } from "../../src/intake/canonical.ts";
import { assert, describe, test } from "../harness/test.ts";

function write(text: string): Uint8Array | JsonFault {
  const scan = finish(scanJson(encodeUtf8(text), 1_000));
  assert.ok("tape" in scan, text);
  return finish(canonicalText(scan, new Uint8Array(0)));
}

function canonical(text: string): string {
  const written = write(text);
  assert.ok(written instanceof Uint8Array, text);
  return decodeUtf8(written)!;
}

/** RFC 8785, appendix B: the bits of a double, and how it is written. */
const APPENDIX_B: readonly (readonly [bits: bigint, written: string])[] = [
  [0x0000000000000000n, "0"],
  [0x8000000000000000n, "0"],
  [0x0000000000000001n, "5e-324"],
  [0x8000000000000001n, "-5e-324"],
  [0x7fefffffffffffffn, "1.7976931348623157e+308"],
  [0xffefffffffffffffn, "-1.7976931348623157e+308"],
  [0x4340000000000000n, "9007199254740992"],
  [0xc340000000000000n, "-9007199254740992"],
  [0x4430000000000000n, "295147905179352830000"],
  [0x44b52d02c7e14af5n, "9.999999999999997e+22"],
  [0x44b52d02c7e14af6n, "1e+23"],
  [0x44b52d02c7e14af7n, "1.0000000000000001e+23"],
  [0x444b1ae4d6e2ef4en, "999999999999999700000"],
  [0x444b1ae4d6e2ef4fn, "999999999999999900000"],
  [0x444b1ae4d6e2ef50n, "1e+21"],
  [0x3eb0c6f7a0b5ed8cn, "9.999999999999997e-7"],
  [0x3eb0c6f7a0b5ed8dn, "0.000001"],
  [0x41b3de4355555553n, "333333333.3333332"],
  [0x41b3de4355555554n, "333333333.33333325"],
  [0x41b3de4355555555n, "333333333.3333333"],
  [0x41b3de4355555556n, "333333333.3333334"],
  [0x41b3de4355555557n, "333333333.33333343"],
  [0xbecbf647612f3696n, "-0.0000033333333333333333"],
  [0x43143ff3c1cb0959n, "1424953923781206.2"],
];

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

describe("the canonical form", () => {
  test("writes the numbers of RFC 8785, appendix B", () => {
    for (const [bits, written] of APPENDIX_B) {
      const number = doubleOf(bits);
      assert.equal(canonicalValue(number), written);
      assert.equal(canonical(written), written);
      assert.equal(canonical(number.toExponential(20)), written);
    }
  });

  test("writes the examples of RFC 8785, section 3.2", () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    assert.equal(
      canonical(text),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const names = String
      .raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
      "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`;
    const order = Object.values(
      JSON.parse(canonical(names).replace('"1"', '"~"')) as Record<string, string>,
    );
    assert.deepEqual(order, [
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test("is what the package canonicalize writes, from text and from values", () => {
    const value = fc.jsonValue({ maxDepth: 5, stringUnit: "binary" });
    fc.assert(
      fc.property(value, fc.nat(4), (original, indent) => {
        const text = JSON.stringify(original, null, indent);
        const expected = canonicalize(original);
        assert.equal(canonical(text), expected);
        assert.equal(canonicalValue(JSON.parse(text)), expected);
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  test("is the same for every spelling of a value", () => {
    const value = fc.jsonValue({ maxDepth: 4, stringUnit: "binary" });
    fc.assert(
      fc.property(value, fc.infiniteStream(fc.nat(5)), (original, choices) => {
        const spelled = spell(original, () => choices.next().value!);
        assert.equal(canonical(spelled), canonicalize(original), spelled);
      }),
      { seed: 2, numRuns: 1_000 },
    );
  });

  test("writes any double as JavaScript does, whatever digits it was spelled with", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 0, max: 25 }),
        (number, digits) => {
          const spellings = [
            number.toExponential(),
            number.toExponential(20),
            number.toPrecision(17),
          ];
          if (Math.abs(number) < 1e15) spellings.push(number.toFixed(digits));
          for (const spelling of spellings) {
            assert.equal(
              canonical(spelling),
              String(Number(spelling)),
              spelling,
            );
          }
        },
      ),
      { seed: 3, numRuns: 1_000 },
    );
  });

  test("keeps names apart that look like indexes or like the prototype", () => {
    assert.equal(
      canonical('{"b":1,"10":2,"9":3,"__proto__":4,"":5}'),
      '{"":5,"10":2,"9":3,"__proto__":4,"b":1}',
    );
    assert.equal(
      canonicalValue(JSON.parse('{"10":2,"9":3,"__proto__":4}')),
      '{"10":2,"9":3,"__proto__":4}',
    );
  });

  test("sorts many names, plain and escaped, by UTF-16 units", () => {
    const unit = fc.constantFrom(
      "a",
      "b",
      "é",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "🙂",
      "\u{10ffff}",
      '"',
      "\\",
      "\n",
      "~",
    );
    const names = fc.uniqueArray(fc.string({ unit, maxLength: 4 }), {
      minLength: 30,
      maxLength: 120,
    });
    fc.assert(
      fc.property(names, (list) => {
        const escaped = (name: string) =>
          name.length % 2 === 0 ? JSON.stringify(name) : escapeAll(name);
        const text = `{${list.map((name, i) => `${escaped(name)}:${i}`).join(",")}}`;
        assert.equal(
          canonical(text),
          canonicalize(Object.fromEntries(list.map((name, i) => [name, i]))),
        );
      }),
      { seed: 6, numRuns: 50 },
    );
  });

  test("sorts an object of a hundred thousand members in pieces", () => {
    const count = 100_000;
    const text = `{${
      Array.from({ length: count }, (_, i) => `"${(i * 7919) % count}":${i % 10}`).join(",")
    }}`;
    const scan = finish(scanJson(encodeUtf8(text), 10));
    assert.ok("tape" in scan);
    const steps = canonicalText(scan, new Uint8Array(0));
    let pauses = 0;
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        assert.ok(step.value instanceof Uint8Array);
        assert.equal(decodeUtf8(step.value), canonicalValue(JSON.parse(text)));
        break;
      }
      pauses++;
    }
    assert.ok(pauses > 50);
  });

  test("writes a long string with escapes in pieces, as a value and as a name", () => {
    const long = '\\n"🙂\u0001é/'.repeat(100_000);
    for (const value of [long, [long, 1], { [long]: long }]) {
      assert.equal(
        canonical(JSON.stringify(value).replaceAll("é", "\\u00e9")),
        canonicalize(value),
      );
    }
  });

  test("refuses a name that is there twice, however it is spelled, and says where", () => {
    const many = Array.from({ length: 40 }, (_, i) => `"n${i}":0`).join(",");
    const cases: readonly [string, readonly (string | number)[]][] = [
      ['{"a":1,"a":1}', ["a"]],
      ['{"a":1,"\\u0061":1}', ["a"]],
      ['[0,{"x":{"é":1,"b":2,"\\u00e9":3}}]', [1, "x", "é"]],
      [`{${many},"n7":1}`, ["n7"]],
    ];
    for (const [text, path] of cases) {
      const fault = write(text);
      assert.ok("message" in fault, text);
      assert.deepEqual(fault.path, path);
    }
  });

  test("of a value leaves out what is undefined, as JSON does, and asks dates how they are written", () => {
    assert.equal(
      canonicalValue({ b: undefined, a: new Date(0) }),
      '{"a":"1970-01-01T00:00:00.000Z"}',
    );
  });

  test("of a value refuses what JSON would lose", () => {
    for (
      const value of [
        NaN,
        Infinity,
        1n,
        undefined,
        Symbol("a"),
        () => 1,
        new Map(),
        new Set(),
        "\ud800",
        [undefined],
      ]
    ) {
      assert.throws(() => canonicalValue(value), TypeError);
      assert.throws(() => canonicalValue({ deep: [value] }), TypeError);
    }
  });
});

function escapeAll(text: string): string {
  const units = Array.from(
    { length: text.length },
    (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"),
  );
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}

/** JSON text of a value, with white space, order of members, and spelling of strings and numbers as chosen. */
function spell(value: unknown, choose: () => number): string {
  const space = ["", "", " ", "\n", "\t", "\r\n "][choose()]!;
  if (typeof value === "string") {
    return space + (choose() < 2 ? escapeAll(value) : JSON.stringify(value));
  }
  if (typeof value === "number") {
    return space +
      [
        String(value),
        value.toExponential(),
        value.toExponential(20),
        value.toPrecision(21),
      ][choose() % 4]!;
  }
  if (typeof value !== "object" || value === null) return space + JSON.stringify(value) + space;
  if (Array.isArray(value)) {
    return `${space}[${value.map((part) => spell(part, choose)).join(",")}${space}]`;
  }
  const members = Object.entries(value).map(([name, part]) =>
    `${spell(name, choose)}${space}:${spell(part, choose)}`
  );
  if (choose() < 3) members.reverse();
  return `${space}{${members.join(",")}${space}}`;
}
