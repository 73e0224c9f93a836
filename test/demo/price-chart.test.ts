import { ChartInput, drawChart } from "../../src/demo/price-chart.ts";
import { assert, test } from "../harness/test.ts";

const chart = (input: object) => drawChart(ChartInput.parse(input));

test("the chart is an SVG and says so", async () => {
  const blob = chart({});
  assert.equal(blob.type, "image/svg+xml");
  const svg = await blob.text();
  assert.ok(svg.startsWith(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400"`));
  assert.ok(svg.endsWith("</svg>"));
  assert.ok(!svg.includes("NaN"));
});

test("every close is a point within the picture, and so is every mean from the first full window on", async () => {
  const svg = await chart({ from: "2019-04-18", averageDays: 50, width: 500, height: 300 }).text();
  const lines = [...svg.matchAll(/points="([^"]*)"/g)].map(([, points]) =>
    points!.split(" ").map((point) => point.split(",").map(Number))
  );
  assert.deepEqual(lines.map((line) => line.length), [252 - 49, 252]);
  assert.ok(lines.flat().every(([x, y]) => x! >= 0 && x! <= 500 && y! >= 0 && y! <= 300));
  const [first, last] = [lines[1]!.at(0)!, lines[1]!.at(-1)!];
  assert.deepEqual([first[0], last[0]], [56, 484]);
});

test("the levels at the left are round and hold the history between them", async () => {
  const svg = await chart({}).text();
  const levels = [...svg.matchAll(/text-anchor="end" dominant-baseline="middle">([^<]*)</g)].map((
    [, text],
  ) => text);
  assert.deepEqual(levels, ["500", "1000", "1500", "2000", "2500", "3000", "3500"]);
});

test("a replay gives the same bytes", async () => {
  assert.equal(await chart({ width: 640 }).text(), await chart({ width: 640 }).text());
});
