import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import { compareBytes } from "../../src/base/bytes.ts";
import { OrderedMap } from "../../src/store/ordered-map.ts";
import { tupleKey } from "../../src/store/tuple.ts";

const SEED = 20_264;
const EVERYTHING = { from: new Uint8Array(0), to: Uint8Array.of(255) };

test("thousands of puts and deletes in any order leave what a plain map holds, in key order", () => {
  // Enough keys for blocks to be filled, cut, emptied and joined.
  const step = fc.record({
    start: fc.nat(3_000),
    count: fc.nat(700),
    stride: fc.integer({ min: 1, max: 5 }),
  });
  const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete", "view"), step), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(steps, (steps) => {
      const map = new OrderedMap();
      const plain = new Map<number, number>();
      const views: (() => void)[] = [];
      for (const [index, [act, { start, count, stride }]] of steps.entries()) {
        for (let i = 0; i < count; i++) {
          // Up for even steps, down for odd ones.
          const n = index % 2 === 0 ? start + i * stride : start + (count - i) * stride;
          if (act === "set") {
            map.set(tupleKey(n), Uint8Array.of(index));
            plain.set(n, index);
          } else if (act === "delete") {
            map.delete(tupleKey(n));
            plain.delete(n);
          }
        }
        if (act === "view") {
          const [view, frozen] = [map.view(), new Map(plain)];
          views.push(() => assertSame(view, frozen));
        }
        assertSame(map, plain);
      }
      assert.equal(map.bytes, 10 * plain.size);
      for (const check of views) check();
    }),
    { seed: SEED, numRuns: 40 },
  );
});

test("a list begins and ends inside blocks, both ways", () => {
  const map = new OrderedMap();
  for (let i = 0; i < 2_000; i++) map.set(tupleKey(i), Uint8Array.of(1));
  fc.assert(
    fc.property(fc.nat(2_100), fc.nat(2_100), fc.nat(600), fc.boolean(), (a, b, limit, reverse) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const wanted: number[] = [];
      for (let i = from; i < Math.min(to, 2_000); i++) wanted.push(i);
      if (reverse) wanted.reverse();
      const rows = map.list({ from: tupleKey(from), to: tupleKey(to) }, { limit, reverse });
      assert.deepEqual(rows.map(({ key }) => key), wanted.slice(0, limit).map((n) => tupleKey(n)));
    }),
    { seed: SEED, numRuns: 100 },
  );
});

function assertSame(
  map: Pick<OrderedMap, "get" | "list">,
  plain: ReadonlyMap<number, number>,
): void {
  const rows = map.list(EVERYTHING, { limit: 100_000 });
  const wanted = [...plain].map(([n, value]) => ({ key: tupleKey(n), value })).sort((a, b) =>
    compareBytes(a.key, b.key)
  );
  assert.equal(rows.length, wanted.length);
  for (const [i, { key, value }] of wanted.entries()) {
    assert.equal(compareBytes(rows[i]!.key, key), 0);
    assert.equal(rows[i]!.value[0], value);
    if (i % 50 === 0) assert.equal(map.get(key)![0], value);
  }
  assert.equal(map.get(tupleKey(-1)), null);
}
