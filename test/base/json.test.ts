import fc from "fast-check";
import { encodeUtf8 } from "../../src/base/bytes.ts";
import { type JsonFault, type JsonScan, pathTo, scanJson } from "../../src/base/json.ts";
import { finish } from "../../src/base/steps.ts";
import { assert, describe, test } from "../harness/test.ts";

function scan(text: string | Uint8Array, nestingMax = 1_000): JsonScan | JsonFault {
  return finish(scanJson(typeof text === "string" ? encodeUtf8(text) : text, nestingMax));
}

function isJson(text: string | Uint8Array): boolean {
  return !("message" in scan(text));
}

function bigIntegerOf(text: string): boolean {
  const scanned = scan(text);
  assert.ok("tape" in scanned, text);
  return scanned.bigInteger !== null;
}

/** JSON.parse takes a number that overflows for Infinity; the scan refuses it. */
function jsonParses(text: string): boolean {
  try {
    JSON.parse(text, (_name, value) => {
      if (value === Infinity || value === -Infinity) throw new RangeError("A number overflows");
      return value;
    });
    return true;
  } catch {
    return false;
  }
}

// deno-fmt-ignore
/** JSON, and what is nearly JSON. */
const TEXTS = [
  "", " ", "nul", "nulll", "true1", "{", "[", "]", "}", "[1,]", "[,1]", "[1 2]", '{"a"}', '{"a":}', "{a:1}",
  '{"a":1,}', "{'a':1}", '{"a":1 "b":2}', "01", "-", "-01", "+1", ".5", "1.", "1.e1", "1e", "1e+", "0x10",
  "Infinity", "NaN", "1_000", '"', '"\\"', '"\\x"', '"\\u12"', '"\\u12g4"', '"\n"', '"\t"', "[1]]", "1 2",
  "[]", "{}", " [ ] ", "\t{\r\n}", "[[],{}]", '{"a":{"b":[]}}', "-0", "-0.0", "0.5e-7", "1E2", "1e+5", "null",
  '"\\u00e9\\ud83d\\ude00\\/\\b\\f"', '"\u2028\u007f"', '{"":0}', '{"__proto__":[1,{"a":false}],"b":true}',
];

describe("scanJson", () => {
  test("takes what JSON.parse takes, and refuses what it refuses", () => {
    for (const text of TEXTS) assert.equal(isJson(text), jsonParses(text), text);
  });

  test("agrees with JSON.parse on damaged JSON", () => {
    const damaged = fc.tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom("", ",", '"', "\\", "{", "]", "e", "-", "0", "\u0001"),
    );
    fc.assert(
      fc.property(damaged, ([text, place, patch]) => {
        const at = place % (text.length + 1);
        const broken = text.slice(0, at) + patch + text.slice(at + 1);
        // Half a surrogate pair is the one thing that JSON.parse takes too much.
        fc.pre(broken.isWellFormed() && !/\\u[dD][89a-fA-F]/.test(broken));
        assert.equal(isJson(broken), jsonParses(broken), broken);
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });

  test("refuses half a surrogate pair, a byte order mark and bytes that are no UTF-8", () => {
    for (
      const half of ['"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\ud800x"', '{"\\udfff":1}']
    ) {
      assert.ok(!isJson(half), half);
    }
    assert.ok(!isJson("\ufeff1"));
    const quoted = (...bytes: number[]) => Uint8Array.of(0x22, ...bytes, 0x22);
    const bad = [[0xff], [0x80], [0xc3], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [
      0xf4,
      0x90,
      0x80,
      0x80,
    ]];
    for (const bytes of bad) assert.ok(!isJson(quoted(...bytes)), bytes.join());
    const good = [[0xc3, 0xa9], [0xed, 0x9f, 0xbf], [0xee, 0x80, 0x80], [0xf0, 0x9f, 0x99, 0x82], [
      0xf4,
      0x8f,
      0xbf,
      0xbf,
    ]];
    for (const bytes of good) assert.ok(isJson(quoted(...bytes)), bytes.join());
  });

  test("knows the integers that no double holds, and only these", () => {
    const big = [
      "9007199254740993",
      "-9007199254740993",
      "12345678901234567001",
      "18446744073709551615",
      "1000000000000000000000001",
      "9".repeat(400),
    ];
    const exact = [
      "9007199254740992",
      "12345678901234567000",
      "100000000000000000000000",
      "0",
      "-1",
      "1e23",
    ];
    // Decimals are doubles: two spellings of one double are one number.
    const decimals = [
      "9007199254740993.0",
      "9.007199254740993e15",
      "0.300000000000000041",
      "1e-400",
      "1.50",
    ];
    for (const text of big) assert.ok(bigIntegerOf(text), text);
    for (const text of [...exact, ...decimals]) assert.ok(!bigIntegerOf(text), text);
  });

  test("never takes two integers for one double", () => {
    const integer = fc.bigInt({ min: 0n, max: 10n ** 25n });
    fc.assert(
      fc.property(integer, fc.bigInt({ min: -3n, max: 3n }), (a, difference) => {
        const b = a + difference;
        fc.pre(b >= 0n && a !== b && Number(a) === Number(b));
        assert.ok(bigIntegerOf(String(a)) || bigIntegerOf(String(b)));
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test("refuses decimals that overflow", () => {
    for (const text of ["1e400", "-1e309", `${"9".repeat(310)}.5`]) assert.ok(!isJson(text), text);
    assert.ok(isJson("1e308"));
  });

  test("holds the bound of nesting, and takes any depth without overflowing the stack", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    assert.ok(isJson(nested(1_000)));
    assert.ok(!isJson(nested(1_001)));
    assert.ok(!isJson("[".repeat(1_000_000)));
    assert.ok(!("message" in scan(nested(100_000), 100_000)));
  });

  test("names the place of a fault", () => {
    const cases: readonly [string, readonly (string | number)[]][] = [
      ["[1,nul]", [1]],
      ['{"a":1,"b":{"c":[true,[],-]}}', ["b", "c", 2]],
      ['{"a":{"x":1},"\\u0062":tru}', ["b"]],
      ['{"a":[{"b":"\\ud800"}]}', ["a", 0, "b"]],
      ['{"a":[1],b:1}', []],
      ["[1] 2", []],
    ];
    for (const [text, path] of cases) {
      const fault = scan(text);
      assert.ok("message" in fault, text);
      assert.deepEqual(fault.path, path, text);
      assert.match(fault.message, /^Not JSON at byte \d+: \w/);
    }
    assert.deepEqual(scan('{"a":'), { path: ["a"], message: "Not JSON: the text ends too early" });
  });

  test("finds the path of every value", () => {
    const scanned = scan('{"a":[0,{"b":1},[2]],"c":3}');
    assert.ok("tape" in scanned);
    const digits: [number, string][] = [];
    for (let node = 0; node < scanned.tape.length; node += 2) {
      const byte = scanned.bytes[scanned.tape[node]!]!;
      if (byte >= 0x30 && byte < 0x39) digits.push([byte - 0x30, pathTo(scanned, node).join(".")]);
    }
    assert.deepEqual(digits, [[0, "a.0"], [1, "a.1.b"], [2, "a.2.0"], [3, "c"]]);
  });

  test("pauses in a large text", () => {
    const steps = scanJson(encodeUtf8(`[${"1,".repeat(400_000)}1]`), 10);
    let pauses = 0;
    while (steps.next().done !== true) pauses++;
    assert.ok(pauses >= 4);
  });
});
