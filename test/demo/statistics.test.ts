import fc from "fast-check";
import { quantile, rounded, Tally } from "../../src/demo/statistics.ts";
import { assert, test } from "../harness/test.ts";

const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
  minLength: 2,
  maxLength: 50,
});

test("a tally has the mean and the standard deviation of the textbook", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const tally = new Tally();
      values.forEach((value) => tally.add(value));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const deviation = Math.sqrt(squares / (values.length - 1));
      assert.equal(tally.count, values.length);
      assert.ok(Math.abs(tally.mean - mean) < 1e-6);
      assert.ok(Math.abs(tally.standardDeviation - deviation) < 1e-6);
      assert.ok(Math.abs(tally.standardError - deviation / Math.sqrt(values.length)) < 1e-6);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("a quantile lies between the extremes and grows with the share", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(numbers, share, share, (values, a, b) => {
      const sorted = Float64Array.from(values).sort();
      const [low, high] = [quantile(sorted, Math.min(a, b)), quantile(sorted, Math.max(a, b))];
      // Interpolation may be off by the last bit.
      assert.ok(sorted[0]! <= low && low <= high + 1e-9 && high <= sorted.at(-1)! + 1e-9);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("the median of an odd number of values is the one in the middle", () => {
  assert.equal(quantile(Float64Array.of(1, 2, 10), 0.5), 2);
  assert.equal(quantile(Float64Array.of(1, 2, 4, 10), 0.5), 3);
});

test("results are rounded to six decimals", () => {
  assert.equal(rounded(1 / 3), 0.333333);
  assert.equal(rounded(-2 / 3), -0.666667);
});
