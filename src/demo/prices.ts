// The price history: every daily close of the S&P 500 from 2000-01-03 to 2020-04-17 (data/README.md).

import { z } from "zod";
import text from "./data/sp500.txt" with { type: "text" };
import { complain } from "./kind.ts";
import { Tally } from "./statistics.ts";

/** Trading days of a year, as is the custom for yearly figures. */
export const DAYS_A_YEAR = 252;

/** Fewest closes from which anything is estimated. */
const CLOSES_MIN = 20;

/** Consecutive closes, in points of the index. */
export interface Closes {
  /** ISO dates, one for each close. */
  readonly dates: readonly string[];
  readonly closes: Float64Array;
}

/** The part of the history from one date to another, both included. */
export interface Window {
  readonly from: string;
  readonly to: string;
}

/** The two members by which an input names a window, with their defaults. */
export function windowFields(defaults: Window) {
  return {
    from: z.iso.date().default(defaults.from).describe("First day of the price history used"),
    to: z.iso.date().default(defaults.to).describe("Last day of the price history used"),
  };
}

/** The check that goes with `windowFields`: one that no single member can make. */
export function checkWindow(input: Window, context: z.RefinementCtx): void {
  const { from, to } = input;
  if (from >= to) return complain(context, "to", `Must be after from: ${to} is not after ${from}`);
  const count = closesIn(input).closes.length;
  if (count >= CLOSES_MIN) return;
  const { dates } = allCloses();
  complain(
    context,
    "from",
    `The days from ${from} to ${to} have ${count} closes: at least ${CLOSES_MIN} are wanted, ` +
      `and the history runs from ${dates[0]} to ${dates.at(-1)}`,
  );
}

/** The closes of a window. */
export function closesIn({ from, to }: Window): Closes {
  const { dates, closes } = allCloses();
  const start = dates.findIndex((date) => date >= from);
  const end = dates.findLastIndex((date) => date <= to) + 1;
  if (start < 0 || start >= end) return { dates: [], closes: new Float64Array() };
  return { dates: dates.slice(start, end), closes: closes.subarray(start, end) };
}

/** What the index gained from each close to the next, as a share: 0.01 is one per cent. */
export function dailyReturns({ closes }: Closes): Float64Array {
  return Float64Array.from(closes.subarray(1), (close, day) => close / closes[day]! - 1);
}

/** Yearly standard deviation of the logarithm of the index: 0.2 is 20 % a year. */
export function yearlyVolatility(closes: Closes): number {
  const tally = new Tally();
  for (const gain of dailyReturns(closes)) tally.add(Math.log1p(gain));
  return tally.standardDeviation * Math.sqrt(DAYS_A_YEAR);
}

let parsed: Closes | null = null;

/** Parsed when first needed, then kept. */
function allCloses(): Closes {
  if (parsed) return parsed;
  const rows = text.trim().split("\n").map((line) => line.split(","));
  parsed = {
    dates: rows.map(([date]) => date!),
    closes: Float64Array.from(rows, ([, close]) => Number(close)),
  };
  return parsed;
}
