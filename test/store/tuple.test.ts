import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import { compareBytes } from "../../src/base/bytes.ts";
import { decodeTuple, prefixRange, tupleKey, type TuplePart } from "../../src/store/tuple.ts";

const SEED = 20_260;
const part = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom("\0", "a", "ÿ", "\uffff", "😀", "\ufeff"), maxLength: 4 }),
  fc.uint8Array({ maxLength: 6 }),
  fc.array(fc.constantFrom(0, 1, 254, 255), { maxLength: 4 }).map((b) => Uint8Array.from(b)),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeNat(),
  fc.integer({ min: -3, max: 300 }),
);
const tuple = fc.array(part, { maxLength: 4 });

test("the bytes of row keys sort as their tuples do", () => {
  fc.assert(
    fc.property(tuple, tuple, fc.nat(4), (a, b, shared) => {
      const sibling = [...a.slice(0, shared), ...b];
      for (const other of [b, sibling]) {
        const bytes = Math.sign(compareBytes(tupleKey(...a), tupleKey(...other)));
        assert.equal(bytes, Math.sign(compareTuples(a, other)));
      }
    }),
    { seed: SEED, numRuns: 3_000 },
  );
});

test("a row key decodes to its tuple", () => {
  fc.assert(
    fc.property(tuple, (parts) => {
      const zeroed = parts.map((p) => Object.is(p, -0) ? 0 : p);
      assert.deepEqual(decodeTuple(tupleKey(...parts)), zeroed);
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a prefix range holds the tuples that begin so, and no other", () => {
  fc.assert(
    fc.property(tuple, tuple, fc.nat(4), (prefix, rest, shared) => {
      const { from, to } = prefixRange(...prefix);
      const holds = (parts: TuplePart[]) => {
        const key = tupleKey(...parts);
        return compareBytes(from, key) <= 0 && compareBytes(key, to) < 0;
      };
      const begins = (parts: TuplePart[]) =>
        parts.length >= prefix.length && compareTuples(parts.slice(0, prefix.length), prefix) === 0;
      for (const parts of [rest, [...prefix, ...rest], [...prefix.slice(0, shared), ...rest]]) {
        assert.equal(holds(parts), begins(parts));
      }
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a string sorts before those it begins, also with zeros inside", () => {
  const strings = ["", "\0", "\0\0", "\0a", "a", "a\0", "a\0b", "aa"];
  const keys = strings.map((text) => tupleKey(text, 1));
  assert.deepEqual([...keys].sort(compareBytes), keys);
});

test("a row key longer than the shared buffer is whole", () => {
  const text = "x".repeat(100_000);
  const bytes = new Uint8Array(50_000);
  assert.deepEqual(decodeTuple(tupleKey(text, bytes, 7)), [text, bytes, 7]);
});

test("a row key is not changed by making the next one", () => {
  const key = tupleKey("a", 1);
  const copy = key.slice();
  tupleKey("b", 2);
  assert.deepEqual(key, copy);
});

test("a lone surrogate, an infinite number and NaN are refused", () => {
  assert.throws(() => tupleKey("a\ud800"), /lone surrogate/);
  for (const value of [NaN, Infinity, -Infinity]) assert.throws(() => tupleKey(value), /finite/);
});

test("bytes that no tuple makes are refused", () => {
  const malformed = [[0], [4], [255], [2, 97], [1, 0, 255], [3, 0, 0, 0], [2, 0xff, 0]];
  for (const bytes of malformed) {
    assert.throws(() => decodeTuple(Uint8Array.from(bytes)), RangeError);
  }
});

function compareTuples(a: readonly TuplePart[], b: readonly TuplePart[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareParts(a: TuplePart, b: TuplePart): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "number") return a - (b as number);
  const codes = (p: TuplePart) =>
    typeof p === "string" ? Array.from(p, (c) => c.codePointAt(0)!) : [...(p as Uint8Array)];
  const [left, right] = [codes(a), codes(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}

function rank(part: TuplePart): number {
  return typeof part === "string" ? 1 : typeof part === "number" ? 2 : 0;
}
