import { readFileSync } from "node:fs";
import {
  type DelayGroup,
  DelaysInput,
  type DelaysItem,
  groupDelays,
} from "../../src/demo/flight-delays.ts";
import { assert, test } from "../harness/test.ts";
import { fakeJob, itemsOf } from "./running.ts";

type Input = Parameters<typeof DelaysInput.parse>[0] & object;
type Flight = { time: number; delay: number; distance: number };

const file = new URL("../../node_modules/vega-datasets/data/flights-200k.json", import.meta.url);
const ALL: Flight[] = JSON.parse(readFileSync(file, "utf8"));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const delays = (input: Input) =>
  itemsOf(groupDelays(DelaysInput.parse({ resamples: 100, ...input }), fakeJob()));
const groupsOf = async (input: Input) => (await delays(input)).at(-1)!.groups;

test("the last item is the exact aggregate of every flight by the hour", async () => {
  const groups = await groupsOf({});
  const direct = Map.groupBy(ALL, ({ time }) => Math.floor(time + 1e-9));
  assert.equal(groups.length, 24);
  groups.forEach((group, hour) => checkGroup(group, direct.get(hour)!));
  assert.deepEqual(groups.map(({ group }) => group).slice(8, 11), ["08:00", "09:00", "10:00"]);
  assert.equal(groups.reduce((sum, group) => sum + group.flights, 0), 200_000);
});

test("the last item is the exact aggregate of the flights that were asked for, by the distance", async () => {
  const input = {
    by: "distance",
    fromHour: 6,
    untilHour: 9,
    minMiles: 400,
    maxMiles: 2_100,
    lateMinutes: 30,
  } as const;
  const groups = await groupsOf(input);
  const chosen = ALL.filter(({ time, distance }) =>
    time > 6 - 1e-9 && time < 9 - 1e-9 && distance >= 400 && distance <= 2_100
  );
  const direct = Map.groupBy(chosen, ({ distance }) => `${distance - distance % 500} mi`);
  assert.deepEqual(groups.map(({ group }) => group), [
    "0 mi",
    "500 mi",
    "1000 mi",
    "1500 mi",
    "2000 mi",
  ]);
  for (const group of groups) checkGroup(group, direct.get(group.group)!, 30);
});

test("partial aggregates come after each block and already tell of all groups", async () => {
  const items = await delays({ fromHour: 6, untilHour: 12 });
  assert.equal(items.length, 25);
  assert.deepEqual(items.map(({ type }) => type), [...Array(24).fill("partial"), "final"]);
  const { of } = items[0]!;
  assert.deepEqual(
    items.map(({ flights }) => flights),
    items.map((_, i) => Math.round(of * (i + 1) / 25)),
  );
  for (const { groups, flights } of items) {
    assert.equal(groups.length, 6);
    assert.equal(groups.reduce((sum, group) => sum + group.flights, 0), flights);
  }
});

test("a partial aggregate is off by no more than its interval says, 95 times of 100", async () => {
  const exact = Map.groupBy(
    ALL,
    ({ time }) => `${String(Math.floor(time + 1e-9)).padStart(2, "0")}:00`,
  );
  const guesses: DelayGroup[] = [];
  for await (const item of groupDelays(DelaysInput.parse({ resamples: 300 }), fakeJob())) {
    guesses.push(...item.groups.filter(({ flights }) => flights > 100));
    // Later items have seen a good part of what they are compared with.
    if (item.flights >= 24_000) break;
  }
  const right = guesses.filter(({ group, low, high }) => {
    const delay = mean(exact.get(group)!.map(({ delay }) => delay));
    return low <= delay && delay <= high;
  });
  assert.ok(right.length / guesses.length > 0.85, `${right.length} of ${guesses.length}`);
});

test("the bootstrap interval is that of the textbook where there are many flights", async () => {
  const ofHour = ALL.filter(({ time }) => time > 5 - 1e-9 && time < 6 - 1e-9).map(({ delay }) =>
    delay
  );
  const [group] = await groupsOf({ fromHour: 5, untilHour: 6, resamples: 1_000 });
  const deviation = Math.sqrt(mean(ofHour.map((delay) => (delay - mean(ofHour)) ** 2)));
  const textbook = 2 * 1.96 * deviation / Math.sqrt(ofHour.length);
  const ratio = (group!.high - group!.low) / textbook;
  assert.ok(ratio > 0.9 && ratio < 1.1, `${ratio}`);
});

test("filters that no flight passes give no groups", async () => {
  const items = await delays({ minMiles: 4_990 });
  assert.deepEqual(items.at(-1), { type: "final", flights: 0, of: 0, groups: [] });
});

test("a replay gives the same items, on every runtime; another seed gives others", async () => {
  const input = { fromHour: 0, untilHour: 5 };
  const items = await delays(input);
  assert.deepEqual(await delays(input), items);
  assert.deepEqual(items[0], REPLAYED);
  assert.notDeepEqual((await delays({ ...input, seed: 1 }))[0], REPLAYED);
});

test("progress is told, and a cancelled job stops", async () => {
  const job = fakeJob();
  await itemsOf(groupDelays(DelaysInput.parse({ fromHour: 0, untilHour: 5 }), job));
  assert.deepEqual(job.told.at(-1), [1, "flight 1245 of 1245"]);
  const other = fakeJob();
  const first = groupDelays(DelaysInput.parse({ resamples: 1_000 }), other).next();
  other.cancel();
  await assert.rejects(first, { message: "Cancelled by the test" });
});

test("filters that contradict themselves are refused", () => {
  const faults = (input: object) =>
    DelaysInput.safeParse(input).error?.issues.map((i) => [i.path.join("."), i.message]);
  assert.equal(faults({}), undefined);
  assert.deepEqual(faults({ fromHour: 9, untilHour: 9 }), [[
    "untilHour",
    "Must be after fromHour: 9 is not after 9",
  ]]);
  assert.deepEqual(faults({ minMiles: 500, maxMiles: 499 }), [
    ["maxMiles", "Must not be below minMiles: 499 is below 500"],
  ]);
});

const REPLAYED: DelaysItem = {
  type: "partial",
  flights: 50,
  of: 1_245,
  groups: [
    {
      group: "00:00",
      flights: 25,
      meanDelay: 26.36,
      low: 8.492327,
      high: 43.486769,
      lateShare: 0.4,
    },
    {
      group: "01:00",
      flights: 21,
      meanDelay: 41.190476,
      low: 13.161061,
      high: 71.851562,
      lateShare: 0.428571,
    },
    { group: "02:00", flights: 4, meanDelay: 29, low: -7, high: 66, lateShare: 0.5 },
  ],
};

function checkGroup(group: DelayGroup, direct: Flight[], lateMinutes = 15): void {
  assert.equal(group.flights, direct.length);
  assert.ok(Math.abs(group.meanDelay - mean(direct.map(({ delay }) => delay))) < 1e-6);
  const late = direct.filter(({ delay }) => delay >= lateMinutes).length;
  assert.ok(Math.abs(group.lateShare - late / direct.length) < 1e-6);
  assert.ok(group.low <= group.meanDelay && group.meanDelay <= group.high);
}
