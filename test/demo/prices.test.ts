import { z } from "zod";
import {
  checkWindow,
  closesIn,
  dailyReturns,
  windowFields,
  yearlyVolatility,
} from "../../src/demo/prices.ts";
import { assert, test } from "../harness/test.ts";

const YEAR = { from: "2019-04-18", to: "2020-04-17" };
const Input = z.strictObject(windowFields(YEAR)).superRefine(checkWindow);

test("a window holds the closes from its first day to its last", () => {
  const { dates, closes } = closesIn({ from: "2020-04-11", to: "2020-04-15" });
  assert.deepEqual(dates, ["2020-04-13", "2020-04-14", "2020-04-15"]); // the 11th and 12th were a weekend
  assert.equal(closes.length, 3);
  assert.equal(closesIn(YEAR).closes.at(-1), 2874.560059);
});

test("a window outside the history holds nothing", () => {
  assert.equal(closesIn({ from: "2021-01-01", to: "2021-12-31" }).dates.length, 0);
  assert.equal(closesIn({ from: "1990-01-01", to: "1999-12-31" }).dates.length, 0);
});

test("daily returns are the gains from close to close", () => {
  const returns = dailyReturns({ dates: [], closes: Float64Array.of(100, 110, 99) });
  assert.deepEqual([...returns].map((r) => r.toFixed(9)), ["0.100000000", "-0.100000000"]);
});

test("the worst day of the history is 16 March 2020, the best is 13 October 2008", () => {
  const history = closesIn({ from: "2000-01-01", to: "2020-12-31" });
  const returns = dailyReturns(history);
  assert.equal(history.dates[returns.indexOf(Math.min(...returns)) + 1], "2020-03-16");
  assert.equal(history.dates[returns.indexOf(Math.max(...returns)) + 1], "2008-10-13");
});

test("the volatility is the yearly deviation of logarithmic returns", () => {
  const closes = closesIn({ from: "2017-01-01", to: "2017-12-31" }).closes;
  const logs = Array.from(closes.subarray(1), (close, i) => Math.log(close) - Math.log(closes[i]!));
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  const variance = logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (logs.length - 1);
  const volatility = yearlyVolatility({ dates: [], closes });
  assert.ok(Math.abs(volatility - Math.sqrt(252 * variance)) < 1e-12);
  assert.ok(volatility > 0.06 && volatility < 0.07, `2017 was calm: ${volatility}`);
});

test("a window is refused with what is wrong with it", () => {
  const faults = (input: object) =>
    Input.safeParse(input).error?.issues.map((issue) => issue.message);
  assert.equal(faults({}), undefined);
  assert.deepEqual(faults({ from: "2020-04-17" }), [
    "Must be after from: 2020-04-17 is not after 2020-04-17",
  ]);
  assert.deepEqual(faults({ from: "2020-04-10", to: "2030-01-01" }), [
    "The days from 2020-04-10 to 2030-01-01 have 5 closes: at least 20 are wanted, " +
    "and the history runs from 2000-01-03 to 2020-04-17",
  ]);
  assert.equal(faults({ from: "2019-02-30" })?.length, 1);
  assert.equal(faults({ form: "2019-02-03" })?.length, 1);
});
