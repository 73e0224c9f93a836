import fc from "fast-check";
import { decodeUtf8, encodeUtf8, fromHex } from "../../src/base/bytes.ts";
import { encode } from "../../src/base/msgpack.ts";
import { packedToJson, type Transcript } from "../../src/base/packed-json.ts";
import { finish } from "../../src/base/steps.ts";
import { assert, describe, test } from "../harness/test.ts";

function transcribe(bytes: Uint8Array | string, nestingMax = 1_000): Transcript {
  const packed = typeof bytes === "string" ? fromHex(bytes.replaceAll(" ", ""))! : bytes;
  return finish(packedToJson(packed, nestingMax));
}

function json(bytes: Uint8Array | string): string {
  const transcript = transcribe(bytes);
  assert.equal(transcript.type, "json");
  return transcript.type === "json" ? decodeUtf8(transcript.json)! : "";
}

describe("MessagePack as JSON", () => {
  test("says the same as the JSON that it was made of", () => {
    const value = fc.jsonValue({ maxDepth: 5 }).filter((original) =>
      !JSON.stringify(original).includes('"__proto__":')
    );
    fc.assert(
      fc.property(value, (original) => {
        assert.deepEqual(JSON.parse(json(encode(original))), JSON.parse(JSON.stringify(original)));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("has one text for every form of a number", () => {
    const sevens = [
      "07",
      "cc07",
      "cd0007",
      "ce00000007",
      "cf0000000000000007",
      "d007",
      "d10007",
      "d200000007",
    ];
    for (const seven of [...sevens, "d30000000000000007", "ca40e00000", "cb401c000000000000"]) {
      assert.equal(json(seven), "7", seven);
    }
    for (
      const minus of ["ff", "d0ff", "d1ffff", "d2ffffffff", "d3ffffffffffffffff", "cabf800000"]
    ) {
      assert.equal(json(minus), "-1", minus);
    }
    assert.equal(json("94 c0 c2 c3 cb8000000000000000"), "[null,false,true,0]");
    assert.equal(json("cf0020000000000000"), "9007199254740992");
  });

  test("keeps names that a JavaScript object would lose or reorder", () => {
    assert.equal(
      json("83 a0 90 a131 80 a9 5f5f70726f746f5f5f a161"),
      '{"":[],"1":{},"__proto__":"a"}',
    );
  });

  test("tells what JSON or doubles cannot say, and where", () => {
    const cases: readonly [string, readonly (string | number)[], RegExp][] = [
      ["c4 01 00", [], /byte string/],
      ["92 01 d4 05 00", [1], /extension/],
      ["81 a161 cb7ff8000000000000", ["a"], /NaN/],
      ["ca7f800000", [], /Infinity/],
      ["81 a161 91 cf0020000000000001", ["a", 0], /integer/],
      ["d3ffdfffffffffffff", [], /integer/],
      ["82 a161 01 02 03", ["02"], /name/],
      ["81 c0 01", ["c0"], /name/],
    ];
    for (const [bytes, path, reason] of cases) {
      const transcript = transcribe(bytes);
      assert.ok(transcript.type === "beyond-json", bytes);
      assert.deepEqual(transcript.fault.path, path);
      assert.match(transcript.fault.message, reason);
    }
  });

  test("refuses what is malformed, even behind what JSON cannot say", () => {
    const cases: readonly [string, RegExp][] = [
      ["", /end too early/],
      ["c1", /no known form at byte 0/],
      ["dd 05f5e100", /end too early/],
      ["df ffffffff", /end too early/],
      ["a2 fffe", /UTF-8/],
      ["81 a2 fffe 01", /UTF-8/],
      ["01 02", /behind the value/],
      ["82 a161 01 a161 02", /same name/],
      ["82 01 01 01 02", /same name/],
      ["92 c4 01 00 82 a161 01 d9 01 61 02", /same name/],
      ["81 90 01", /as a name/],
    ];
    for (const [bytes, reason] of cases) {
      const transcript = transcribe(bytes);
      assert.ok(transcript.type === "malformed", bytes);
      assert.match(transcript.fault.message, reason);
    }
    const twice = transcribe("92 00 82 a161 01 a161 02");
    assert.deepEqual(twice.type === "malformed" && twice.fault.path, [1, "a"]);
  });

  test("holds the bound of nesting", () => {
    const nested = (depth: number) =>
      Uint8Array.from({ length: depth + 1 }, (_, i) => i < depth ? 0x91 : 0xc0);
    assert.equal(transcribe(nested(1_000)).type, "json");
    assert.equal(transcribe(nested(1_001)).type, "malformed");
    assert.equal(transcribe(nested(1_000_000)).type, "malformed");
  });

  test("pauses in a large value, and loses nothing by it", () => {
    const numbers = Array.from({ length: 50_000 }, (_, i) => i);
    const steps = packedToJson(encode(numbers), 10);
    let pauses = 0;
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        assert.deepEqual(step.value, { type: "json", json: encodeUtf8(JSON.stringify(numbers)) });
        break;
      }
      pauses++;
    }
    assert.ok(pauses > 5);
  });
});
