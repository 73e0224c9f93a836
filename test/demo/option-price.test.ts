import { OptionInput, type OptionItem, priceOption } from "../../src/demo/option-price.ts";
import { Draws } from "../../src/demo/draws.ts";
import { assert, test } from "../harness/test.ts";
import { fakeJob, itemsOf } from "./running.ts";

type Input = Parameters<typeof OptionInput.parse>[0] & object;

const price = (input: Input) => itemsOf(priceOption(OptionInput.parse(input), fakeJob()));
const final = async (input: Input) => lastOf(await price(input));

test("European prices are those of Black and Scholes, and the standard error is honest", async () => {
  const draws = new Draws("parameter sets", {});
  const between = (low: number, high: number) => low + draws.unit() * (high - low);
  let squares = 0;
  const sets = 50;
  for (let set = 0; set < sets; set++) {
    const [days, volatility] = [Math.ceil(between(5, 504)), between(0.1, 0.6)];
    const input = {
      side: set % 2 ? "call" : "put",
      style: "european",
      spot: 100,
      // Within one and a half standard deviations, so that enough paths pay.
      strike: 100 * Math.exp(between(-1.5, 1.5) * volatility * Math.sqrt(days / 252)),
      days,
      rate: between(-0.02, 0.08),
      volatility,
      paths: 20_000,
      seed: set,
    } as const;
    const { price, standardError } = await final(input);
    const z = (price - blackScholes(input)) / standardError;
    assert.ok(Math.abs(z) < 3, `${JSON.stringify(input)}: off by ${z} standard errors`);
    squares += z * z / sets;
  }
  // If the errors are as large as they are said to be, this is 1, give or take √(2 / sets).
  assert.ok(squares > 0.5 && squares < 1.5, `${squares}`);
});

test("call minus put is what the parity says, for both styles", async () => {
  for (const style of ["european", "asian"] as const) {
    const input = {
      style,
      spot: 100,
      strike: 95,
      days: 30,
      rate: 0.05,
      volatility: 0.3,
      paths: 20_000,
    };
    const call = await final({ ...input, side: "call" });
    const put = await final({ ...input, side: "put" });
    const error = Math.hypot(call.standardError, put.standardError);
    const levels = Array.from({ length: 30 }, (_, day) => 100 * Math.exp(0.05 * (day + 1) / 252));
    const forward = style === "european"
      ? levels.at(-1)!
      : levels.reduce((sum, level) => sum + level) / 30;
    const parity = Math.exp(-0.05 * 30 / 252) * (forward - 95);
    assert.ok(Math.abs(call.price - put.price - parity) < 3 * error, style);
  }
});

test("an Asian option over one day is a European one, and cheaper over many", async () => {
  const input = { spot: 100, strike: 100, rate: 0, volatility: 0.4, paths: 20_000 };
  const oneDay = await final({ ...input, style: "asian", days: 1 });
  const exact = blackScholes({ ...input, side: "call", days: 1 });
  assert.ok(Math.abs(oneDay.price - exact) < 3 * oneDay.standardError);
  const manyDays = await final({ ...input, style: "asian", days: 50 });
  assert.ok(manyDays.price < 0.7 * blackScholes({ ...input, side: "call", days: 50 }));
});

test("the standard error falls with the root of the number of paths", async () => {
  const items = await price({ style: "european", paths: 200_000 });
  const [first, last] = [items[0]!, items.at(-1)!];
  assert.equal(last.paths / first.paths, 40);
  const ratio = first.standardError / last.standardError / Math.sqrt(40);
  assert.ok(Math.abs(ratio - 1) < 0.1, `${ratio}`);
});

test("estimates come every so many paths, and the last item says that it is final", async () => {
  const items = await price({ style: "european", paths: 40_000 });
  assert.deepEqual(
    items.map((item) => item.paths),
    Array.from({ length: 40 }, (_, i) => 1_000 * (i + 1)),
  );
  assert.deepEqual(items.map((item) => item.type), [...Array(39).fill("estimate"), "final"]);
  const last = lastOf(items);
  assert.equal(last.endedBy, "paths");
  assert.ok(last.low < last.price && last.price < last.high);
});

test("it ends as soon as the asked precision is reached", async () => {
  const items = await price({ style: "european", paths: 1_000_000, targetError: 3 });
  const last = lastOf(items);
  assert.equal(last.endedBy, "target-error");
  assert.ok(last.standardError <= 3);
  assert.ok(items.slice(0, -1).every((item) => item.standardError > 3));
});

test("paths of which none paid do not count as precise", async () => {
  // Only about one path in 5,000 pays.
  const option = {
    style: "european",
    spot: 100,
    strike: 142,
    days: 63,
    rate: 0,
    volatility: 0.2,
  } as const;
  const items = await price({ ...option, paths: 40_000, targetError: 1 });
  assert.deepEqual([items[0]!.paths, items[0]!.standardError], [1_000, 0]);
  assert.ok(items.length > 1 && lastOf(items).price > 0);
});

test("what was left out comes from the history", async () => {
  const { market } = await final({ style: "european", paths: 1_000 });
  assert.equal(market.spot, 2874.560059); // the close of 17 April 2020
  assert.equal(market.strike, market.spot);
  assert.ok(market.volatility > 0.3 && market.volatility < 0.35, `${market.volatility}`);
  const calm = await final({
    style: "european",
    paths: 1_000,
    from: "2017-01-03",
    to: "2017-12-29",
    strike: 2_000,
  });
  assert.equal(calm.market.strike, 2_000);
  assert.ok(calm.market.volatility < 0.07);
});

test("a replay gives the same items, on every runtime; another seed gives others", async () => {
  const input = { days: 20, paths: 4_000 };
  const items = await price(input);
  assert.deepEqual(await price(input), items);
  assert.deepEqual(items[0], REPLAYED);
  assert.notEqual((await price({ ...input, seed: 1 }))[0]!.price, REPLAYED.price);
});

test("a client that has seen enough ends the computation", async () => {
  const job = fakeJob();
  for await (const item of priceOption(OptionInput.parse({ paths: 10_000_000, days: 10 }), job)) {
    if (item.type === "estimate") job.cancel();
    break;
  }
  assert.equal(job.told.length, 1);
});

test("a cancelled job stops between two items", async () => {
  const job = fakeJob();
  const items = priceOption(OptionInput.parse({ paths: 10_000_000, days: 10 }), job);
  const first = items.next();
  job.cancel();
  await assert.rejects(first, { message: "Cancelled by the test" });
  assert.deepEqual(job.told, []);
});

test("progress is the share of the paths", async () => {
  const job = fakeJob();
  await itemsOf(priceOption(OptionInput.parse({ paths: 4_000, days: 1 }), job));
  assert.equal(job.told.length, 40);
  assert.deepEqual(job.told[9], [0.25, "path 1000 of 4000"]);
});

test("inputs that cannot be computed are refused with the reason", () => {
  const faults = (input: object) =>
    OptionInput.safeParse(input).error?.issues.map((i) => [i.path.join("."), i.message]);
  assert.equal(faults({}), undefined);
  assert.deepEqual(faults({ paths: 20_000_000, days: 2_520 }), [
    ["paths", "Would take about 2016 s: at most 120 s are allowed"],
  ]);
  assert.equal(faults({ paths: 20_000_000, days: 2_520, style: "european" }), undefined);
  assert.equal(faults({ from: "2020-04-17" })?.[0]?.[0], "to");
  assert.equal(faults({ volatility: 0 })?.[0]?.[0], "volatility");
  assert.equal(faults({ stirke: 100 })?.length, 1);
});

const REPLAYED: OptionItem = {
  type: "estimate",
  paths: 100,
  price: 58.544706,
  standardError: 8.746526,
  low: 41.401515,
  high: 75.687898,
};

function lastOf(items: OptionItem[]): OptionItem & { type: "final" } {
  const last = items.at(-1)!;
  assert.ok(last.type === "final");
  return last;
}

/** Black and Scholes 1973. */
function blackScholes(
  option: {
    side: "call" | "put";
    spot: number;
    strike: number;
    days: number;
    rate: number;
    volatility: number;
  },
): number {
  const { side, spot, strike, rate, volatility } = option;
  const years = option.days / 252;
  const spread = volatility * Math.sqrt(years);
  const d1 = (Math.log(spot / strike) + (rate + volatility ** 2 / 2) * years) / spread;
  const owed = strike * Math.exp(-rate * years);
  return side === "call"
    ? spot * normalShare(d1) - owed * normalShare(d1 - spread)
    : owed * normalShare(spread - d1) - spot * normalShare(-d1);
}

/** The share of the normal distribution below x, by its series (Marsaglia 2004). */
function normalShare(x: number): number {
  let sum = x;
  let term = x;
  for (let i = 3; Math.abs(term) > 1e-17; i += 2) sum += term *= x * x / i;
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}
