import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import { FRAME_BYTES, seal, unseal } from "../../src/store/record.ts";

const SEED = 20_261;
const KEY = Uint8Array.of(1, 2, 3, 4, 5);
const bytes = fc.uint8Array({ maxLength: 70 });

test("a sealed payload is whole again with the same key", () => {
  fc.assert(
    fc.property(bytes, bytes, (payload, key) => {
      const value = seal(payload, key);
      assert.equal(value.length, payload.length + FRAME_BYTES);
      assert.deepEqual(unseal(value, key), payload);
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

test("a payload is found wherever its value lies in a larger buffer", () => {
  const value = seal(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), Uint8Array.of(9));
  const larger = new Uint8Array(40);
  larger.set(value, 3);
  const view = larger.subarray(3, 3 + value.length);
  assert.deepEqual(unseal(view, Uint8Array.of(9)), Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
});

test("any flipped bit of a value or of its key is found", () => {
  fc.assert(
    fc.property(bytes, bytes, (payload, key) => {
      const value = seal(payload, key);
      for (let bit = 0; bit < 8 * value.length; bit++) {
        assert.equal(unseal(flip(value, bit), key), "damaged");
      }
      for (let bit = 0; bit < 8 * key.length; bit++) {
        assert.equal(unseal(value, flip(key, bit)), "damaged");
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test("any change within four aligned bytes of a payload is found", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 40 }), fc.nat(), fc.nat(), (b, at, x) => {
      const value = seal(b, KEY);
      const start = FRAME_BYTES + 4 * (at % Math.floor(b.length / 4));
      const change = new DataView(new ArrayBuffer(4));
      change.setUint32(0, x + 1);
      for (let i = 0; i < 4; i++) value[start + i]! ^= change.getUint8(i);
      assert.equal(unseal(value, KEY), "damaged");
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a value that is cut, lengthened or of another version is damaged", () => {
  const value = seal(Uint8Array.of(0, 0, 0, 0, 0, 0), KEY);
  for (let length = 0; length < value.length; length++) {
    assert.equal(unseal(value.subarray(0, length), KEY), "damaged");
  }
  assert.equal(unseal(Uint8Array.of(...value, 0), KEY), "damaged");
  assert.equal(unseal(Uint8Array.of(2, ...value.subarray(1)), KEY), "damaged");
});

test("a value counts under no other key", () => {
  const value = seal(Uint8Array.of(1), Uint8Array.of(1, 2));
  assert.equal(unseal(value, Uint8Array.of(1, 3)), "damaged");
  assert.equal(unseal(value, Uint8Array.of(1)), "damaged");
  assert.equal(unseal(value, new Uint8Array(0)), "damaged");
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice();
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}
