// A member's bytes out of a MessagePack map.

import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { memberBytes } from "../../src/wire/msgpack-member.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_260_105;

test("the bytes of a member are those that its value is encoded to", () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.double(),
    fc.integer(),
    fc.bigInt(-(2n ** 63n), 2n ** 64n - 1n),
    fc.constantFrom(null, true, false, new Date(1), new Date(2 ** 40), new Date(0.5)),
    fc.uint8Array({ maxLength: 300 }),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("any"), { maxLength: 20 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie("any"), {
        maxKeys: 20,
        noNullPrototype: true,
      }),
    ),
  })).any;
  const property = fc.property(value, value, (before, after) => {
    const options = { useBigInt64: true };
    const map = encode({ before, wanted: after, last: before }, options);
    const shifted = new Uint8Array(map.length + 3);
    shifted.set(map, 3);
    assert.deepEqual(memberBytes(shifted.subarray(3), "wanted"), encode(after, options));
    assert.equal(memberBytes(map, "missing"), null);
  });
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

test("large lengths and long names are stepped over", () => {
  const large = {
    bytes: new Uint8Array(70_000),
    text: "x".repeat(70_000),
    list: Array(70_000).fill(1),
    map: Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [String(n), n])),
    ["n".repeat(300)]: 1,
    ["n".repeat(70_000)]: 1,
  };
  assert.deepEqual(memberBytes(encode({ ...large, wanted: 7 }), "wanted"), new Uint8Array([7]));
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, n]));
  assert.deepEqual(memberBytes(encode({ ...many, wanted: 7 }), "wanted"), new Uint8Array([7]));
  assert.deepEqual(memberBytes(encode({ ...large.map, wanted: 7 }), "wanted"), new Uint8Array([7]));
});

test("of equal names the last counts", () => {
  const twice = new Uint8Array([0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]);
  assert.deepEqual(memberBytes(twice, "a"), new Uint8Array([2]));
});
