import { seededRandom } from "../../src/base/random.ts";
import { closesIn, dailyReturns } from "../../src/demo/prices.ts";
import { quantile } from "../../src/demo/statistics.ts";
import { assessRisk, type Risk, RiskInput } from "../../src/demo/value-at-risk.ts";
import { assert, test } from "../harness/test.ts";
import { fakeJob } from "./running.ts";

type Input = Parameters<typeof RiskInput.parse>[0] & object;

const HISTORY = { from: "2000-01-03", to: "2020-04-17" };
const ALL_RETURNS = dailyReturns(closesIn(HISTORY));
const index = [{ name: "index", value: 1_000_000 }];
const risk = (input: Input) =>
  assessRisk(RiskInput.parse({ scenarios: 400_000, ...input }), fakeJob());

test("over one day it is the quantile of the real returns, and the shortfall the mean beyond it", async () => {
  for (const confidence of [0.9, 0.95, 0.99]) {
    const result = await risk({ holdings: index, days: 1, confidence });
    const losses = ALL_RETURNS.map((gain) => -1_000_000 * gain).sort();
    const direct = quantile(losses, confidence);
    const beyond = losses.subarray(Math.floor(confidence * losses.length));
    const shortfall = beyond.reduce((sum, loss) => sum + loss, 0) / beyond.length;
    // The real losses have gaps between them, on one side of which each part's quantile lies.
    const gap = quantile(losses, confidence + 0.0005) - quantile(losses, confidence - 0.0005);
    assert.ok(
      Math.abs(result.valueAtRisk - direct) < 3 * result.standardError + gap,
      `${confidence}`,
    );
    assert.ok(
      Math.abs(result.expectedShortfall - shortfall) < 3 * result.expectedShortfallError + gap,
    );
  }
});

test("over several days it is that of futures put together by other means", async () => {
  const random = seededRandom(1);
  const losses = Float64Array.from({ length: 200_000 }, () => {
    let growth = 1;
    for (let day = 0; day < 5; day++) {
      growth *= 1 + ALL_RETURNS[Math.floor(random.unit() * ALL_RETURNS.length)]!;
    }
    return 1_000_000 * (1 - growth);
  }).sort();
  const result = await risk({ holdings: index, days: 5, confidence: 0.95 });
  // Half as many futures are √2 times as imprecise.
  const error = result.standardError * Math.sqrt(1 + 2);
  assert.ok(Math.abs(result.valueAtRisk - quantile(losses, 0.95)) < 3 * error);
});

test("a holding moves with the index by its beta, and a hedge takes the risk away", async () => {
  const plain = await risk({ holdings: index, days: 1 });
  const geared = await risk({ holdings: [{ ...index[0]!, beta: 2 }], days: 1 });
  assert.ok(Math.abs(geared.valueAtRisk - 2 * plain.valueAtRisk) < 6 * geared.standardError);
  const hedged = await risk({
    holdings: [...index, { name: "short", value: -1_000_000 }],
    days: 1,
  });
  assert.deepEqual([hedged.valueAtRisk, hedged.expectedShortfall, hedged.standardError], [0, 0, 0]);
});

test("the standard error falls with the root of the number of scenarios", async () => {
  const input = { holdings: index, days: 2, confidence: 0.9 };
  const few = await risk({ ...input, scenarios: 40_000 });
  const many = await risk({ ...input, scenarios: 1_000_000 });
  // The error of an error from 40 parts is about a tenth of it.
  const ratio = few.standardError / many.standardError / Math.sqrt(25);
  assert.ok(ratio > 0.7 && ratio < 1.4, `${ratio}`);
});

test("days drawn in a row keep storms together, which makes the rare losses larger", async () => {
  const input = { holdings: index, days: 20, confidence: 0.99 };
  const alone = await risk(input);
  const inARow = await risk({ ...input, blockDays: 20 });
  assert.ok(inARow.valueAtRisk > alone.valueAtRisk + 6 * alone.standardError);
});

test("the result tells which days it is from", async () => {
  const { history, scenarios } = await risk({ from: "2007-12-29", to: "2009-01-04", days: 1 });
  assert.deepEqual(history, { from: "2007-12-31", to: "2009-01-02", returns: 254 });
  assert.equal(scenarios, 400_000);
});

test("a replay gives the same value, on every runtime; another seed gives another", async () => {
  const input = { days: 3, blockDays: 2, confidence: 0.9, scenarios: 40_000 };
  const result = await risk(input);
  assert.deepEqual(await risk(input), result);
  assert.deepEqual(result, REPLAYED);
  assert.notEqual((await risk({ ...input, seed: 1 })).valueAtRisk, result.valueAtRisk);
});

test("progress is told, and a cancelled job stops", async () => {
  const job = fakeJob();
  const done = assessRisk(RiskInput.parse({ days: 1, scenarios: 400_000 }), job);
  await done;
  assert.equal(job.told.length, 40);
  assert.deepEqual(job.told.at(-1), [1, "part 40 of 40"]);
  const other = fakeJob();
  const running = assessRisk(RiskInput.parse({}), other);
  other.cancel();
  await assert.rejects(running, { message: "Cancelled by the test" });
});

test("inputs that cannot be computed are refused with the reason", () => {
  const faults = (input: object) =>
    RiskInput.safeParse(input).error?.issues.map((i) => [i.path.join("."), i.message]);
  assert.equal(faults({}), undefined);
  assert.deepEqual(faults({ confidence: 0.999, scenarios: 1_000_000 }), [
    [
      "scenarios",
      "With a confidence of 0.999 at least 4000000 are wanted, so that enough lie beyond it",
    ],
  ]);
  assert.deepEqual(faults({ holdings: [...index, ...index] }), [
    ["holdings", "The name 'index' stands twice: each must have its own"],
  ]);
  const many = Array.from({ length: 20 }, (_, i) => ({ name: `holding ${i}`, value: 1 }));
  assert.deepEqual(faults({ scenarios: 20_000_000, days: 252, holdings: many }), [
    ["scenarios", "Would take about 233 s: at most 120 s are allowed"],
  ]);
  assert.equal(faults({ holdings: [] })?.length, 1);
  assert.equal(faults({ from: "2020-04-01" })?.[0]?.[0], "from");
});

const REPLAYED: Risk = {
  valueAtRisk: 24916.878939,
  standardError: 281.574832,
  expectedShortfall: 41256.000994,
  expectedShortfallError: 485.606857,
  scenarios: 40_000,
  history: { from: "2000-01-03", to: "2020-04-17", returns: 5_104 },
};
