import fc from "fast-check";
import { Draws } from "../../src/demo/draws.ts";
import { assert, test } from "../harness/test.ts";

const COUNT = 400_000;
const take = (draw: () => number, count = COUNT) => Float64Array.from({ length: count }, draw);
const moment = (values: Float64Array, power: number) =>
  values.reduce((sum, value) => sum + value ** power, 0) / values.length;

test("equal inputs draw equal numbers, others draw others", () => {
  const input = fc.dictionary(fc.string(), fc.oneof(fc.double(), fc.string()), { maxKeys: 5 });
  fc.assert(
    fc.property(input, input, (one, other) => {
      const [a, b, c] = [one, { ...one }, other].map((i) => {
        const draws = new Draws("kind", i);
        return take(() => draws.unit(), 8).join();
      });
      assert.equal(a, b);
      assert.equal(a === c, JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("kinds do not share their draws", () => {
  assert.notEqual(new Draws("a", {}).unit(), new Draws("b", {}).unit());
});

test("units are uniform and never 0 or 1", () => {
  const draws = new Draws("test", {});
  const bins = new Float64Array(100);
  for (const unit of take(() => draws.unit())) {
    assert.ok(unit > 0 && unit < 1);
    bins[Math.floor(unit * 100)]! += 1;
  }
  const expected = COUNT / 100;
  const chiSquare = bins.reduce((sum, bin) => sum + (bin - expected) ** 2 / expected, 0);
  // 99 degrees of freedom: mean 99, standard deviation 14.
  assert.ok(chiSquare > 57 && chiSquare < 141, `${chiSquare}`);
});

test("neighbours are not correlated", () => {
  const draws = new Draws("test", {});
  const units = take(() => draws.unit() - 0.5);
  const product = units.subarray(1).reduce((sum, unit, i) => sum + unit * units[i]!, 0) /
    (COUNT - 1);
  assert.ok(Math.abs(product) < (3 / 12) / Math.sqrt(COUNT), `${product}`);
});

test("normal numbers have the moments of the normal distribution", () => {
  const draws = new Draws("test", {});
  const values = take(() => draws.normal());
  const root = Math.sqrt(COUNT);
  assert.ok(Math.abs(moment(values, 1)) < 3 / root);
  assert.ok(Math.abs(moment(values, 2) - 1) < 3 * Math.sqrt(2) / root);
  assert.ok(Math.abs(moment(values, 3)) < 3 * Math.sqrt(15) / root);
  assert.ok(Math.abs(moment(values, 4) - 3) < 3 * Math.sqrt(96) / root);
});

test("Poisson numbers have mean and variance 1", () => {
  const draws = new Draws("test", {});
  const values = take(() => draws.poisson());
  const root = Math.sqrt(COUNT);
  assert.ok(Math.abs(moment(values, 1) - 1) < 3 / root);
  assert.ok(Math.abs(moment(values, 2) - 2) < 3 * Math.sqrt(11) / root);
  assert.ok(values.every(Number.isInteger));
});

test("whole numbers stay below their bound and reach all of it", () => {
  const draws = new Draws("test", {});
  const seen = new Set(take(() => draws.below(7), 1_000));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});
