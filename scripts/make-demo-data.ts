// Makes src/demo/data/*.txt from the package vega-datasets (a development dependency): the demo carries these
// extracts, so that it runs where the package is not installed. Run it again after the package was updated:
//   bun scripts/make-demo-data.ts   or   deno run --allow-read --allow-write scripts/make-demo-data.ts
// test/demo/data.test.ts proves that the extracts equal the package's data.

import { readFileSync, writeFileSync } from "node:fs";

const from = new URL("../node_modules/vega-datasets/data/", import.meta.url);
const to = new URL("../src/demo/data/", import.meta.url);

writeFileSync(
  new URL("sp500.txt", to),
  closes(readFileSync(new URL("sp500-2000.csv", from), "utf8")),
);
writeFileSync(
  new URL("flights.txt", to),
  columns(readFileSync(new URL("flights-200k.json", from), "utf8")),
);

/** Of the seven columns of the price history, the date and the close: `2000-01-03,1455.219971`. */
function closes(csv: string): string {
  const [header, ...rows] = csv.trim().split("\n").map((line) => line.split(","));
  const date = header!.indexOf("date");
  const close = header!.indexOf("close");
  return rows.map((row) => `${row[date]},${row[close]}\n`).join("");
}

/**
 * Three columns as base64 of 16-bit little-endian integers, a blank line after each: for every minute of the day
 * the number of flights that left in it (the flights are sorted by time), then each flight's delay in minutes,
 * then its distance in miles.
 */
function columns(json: string): string {
  const flights = JSON.parse(json) as { time: number; delay: number; distance: number }[];
  const minutes = flights.map((flight) => Math.round(flight.time * 60));
  if (minutes.some((minute, i) => i > 0 && minute < minutes[i - 1]!)) {
    throw new Error("Cannot encode the flights: they are not sorted by time");
  }
  const perMinute = new Uint16Array(24 * 60);
  for (const minute of minutes) perMinute[minute]! += 1;
  return [
    perMinute,
    Int16Array.from(flights, (flight) => flight.delay),
    Uint16Array.from(flights, (flight) => flight.distance),
  ].map((column) => base64Lines(new Uint8Array(column.buffer))).join("\n");
}

/** Lines of 96 characters, so that editors and diffs can bear it. */
function base64Lines(bytes: Uint8Array): string {
  return bytes.toBase64().replace(/.{1,96}/g, "$&\n");
}
