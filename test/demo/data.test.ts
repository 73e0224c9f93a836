import { readFileSync } from "node:fs";
import { flights } from "../../src/demo/flights.ts";
import { closesIn } from "../../src/demo/prices.ts";
import { assert, test } from "../harness/test.ts";

const packageData = new URL("../../node_modules/vega-datasets/data/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, packageData), "utf8");

test("every close of the extract is the package's", () => {
  const rows = read("sp500-2000.csv").trim().split("\n").slice(1).map((line) => line.split(","));
  const { dates, closes } = closesIn({ from: "0000-01-01", to: "9999-12-31" });
  assert.deepEqual(dates, rows.map((row) => row[0]));
  assert.deepEqual([...closes], rows.map((row) => Number(row[4])));
  assert.equal(dates.length, 5_105);
});

test("every flight of the extract is the package's", () => {
  const rows: { time: number; delay: number; distance: number }[] = JSON.parse(
    read("flights-200k.json"),
  );
  const { count, minutes, delays, miles } = flights();
  assert.equal(count, 200_000);
  assert.equal(rows.length, count);
  const differing = rows.findIndex((row, i) =>
    // The package gives hours as doubles: a minute is 0.016666666666666666 of them.
    Math.abs(row.time - minutes[i]! / 60) > 1e-12 || row.delay !== delays[i] ||
    row.distance !== miles[i]
  );
  assert.equal(differing, -1);
});

test("the extracts stay small", () => {
  const bytes = ["sp500.txt", "flights.txt"].map((file) =>
    readFileSync(new URL(`../../src/demo/data/${file}`, import.meta.url)).byteLength
  );
  assert.ok(bytes[0]! + bytes[1]! < 1.5 * 1024 * 1024, `${bytes}`);
});
