// A picture of the price history: a result is anything that has a media type, and what a browser can show it
// shows, straight from the result's address. Cheap, and the same for all: computed once, then reused.

import { z } from "zod";
import type { Kind } from "./kind.ts";
import { checkWindow, type Closes, closesIn, windowFields } from "./prices.ts";

/** Room around the plot, in pixels: for the title, and for the numbers at the left. */
const MARGIN = { top: 34, right: 16, bottom: 28, left: 56 };
/** About how many numbers stand at the left. */
const TICKS = 6;

/** Which days, and how large. */
export const ChartInput = z.strictObject({
  ...windowFields({ from: "2000-01-03", to: "2020-04-17" }),
  averageDays: z.int().min(2).max(1_000).default(200).describe(
    "Trading days of the moving average drawn beside the closes",
  ),
  width: z.int().min(400).max(4_000).default(800).describe("In pixels"),
  height: z.int().min(200).max(3_000).default(400).describe("In pixels"),
}).superRefine(checkWindow);

/** An input as checked, with its defaults. */
export type ChartInput = z.output<typeof ChartInput>;

/** The kind. */
export const priceChart: Kind<typeof ChartInput> = {
  kind: "price-chart",
  description: "The S&P 500 as a picture (SVG)",
  input: ChartInput,
  tags: ["data:sp500"],
  estimate: () => 20,
  run: drawChart,
};

/** Draws; the media type of the blob is that of the result. */
export function drawChart(input: ChartInput): Blob {
  const history = closesIn(input);
  const scale = scaleOf(input, history.closes);
  const line = (values: Float64Array, style: string) => {
    const points = Array.from(
      values,
      (value, day) => Number.isNaN(value) ? "" : `${scale.x(day)},${scale.y(value)}`,
    );
    return `<polyline fill="none" ${style} points="${points.filter(Boolean).join(" ")}"/>`;
  };
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${input.width} ${input.height}" ` +
    `width="${input.width}" height="${input.height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>S&amp;P 500, ${input.from} to ${input.to}</title>`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14">S&amp;P 500, daily closes and their mean over ${input.averageDays} days</text>`,
    ...scale.ticks.map((points) => level(input, points, scale.y(points))),
    ...days(input, history),
    line(movingAverage(history.closes, input.averageDays), `stroke="#d97706" stroke-width="1.5"`),
    line(history.closes, `stroke="#1d4ed8" stroke-width="1"`),
    `</svg>`,
  ];
  return new Blob([svg.join("\n")], { type: "image/svg+xml" });
}

/** Where a day and a level of the index are drawn, and which levels are written at the left. */
function scaleOf({ width, height }: ChartInput, closes: Float64Array) {
  const low = Math.min(...closes);
  const high = Math.max(...closes);
  const step = roundStep((high - low) / TICKS);
  const bottom = Math.floor(low / step) * step;
  const top = Math.ceil(high / step) * step;
  const plotWidth = width - MARGIN.left - MARGIN.right;
  const plotHeight = height - MARGIN.top - MARGIN.bottom;
  return {
    x: (day: number) => (MARGIN.left + (day / (closes.length - 1)) * plotWidth).toFixed(1),
    y: (points: number) => (MARGIN.top + ((top - points) / (top - bottom)) * plotHeight).toFixed(1),
    ticks: Array.from(
      { length: Math.round((top - bottom) / step) + 1 },
      (_, i) => bottom + i * step,
    ),
  };
}

/** The next of … 1, 2, 5, 10, 20, 50 … */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= step)!;
}

function level({ width }: ChartInput, points: number, y: string): string {
  return `<path d="M${MARGIN.left} ${y}H${width - MARGIN.right}" stroke="#ddd"/>` +
    `<text x="${MARGIN.left - 6}" y="${y}" text-anchor="end" dominant-baseline="middle">${+points
      .toPrecision(6)}</text>`;
}

function days({ width, height }: ChartInput, { dates }: Closes): string[] {
  const y = height - 8;
  return [
    `<text x="${MARGIN.left}" y="${y}">${dates[0]}</text>`,
    `<text x="${width - MARGIN.right}" y="${y}" text-anchor="end">${dates.at(-1)}</text>`,
  ];
}

/** Of each day the mean of the closes up to it; NaN where there are too few before it. */
function movingAverage(closes: Float64Array, count: number): Float64Array {
  const means = new Float64Array(closes.length).fill(NaN);
  let sum = 0;
  closes.forEach((close, day) => {
    sum += close - (closes[day - count] ?? 0);
    if (day >= count - 1) means[day] = sum / count;
  });
  return means;
}
