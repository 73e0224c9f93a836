// The price of an option on the S&P 500, by simulating many ways the index may go (Monte Carlo). A stream: every
// item is a better estimate than the one before, and a client that has seen enough withdraws, which stops the job.

import { z } from "zod";
import { Draws, seedField } from "./draws.ts";
import { checkEffort, type Job, type Kind } from "./kind.ts";
import { Pace } from "./pause.ts";
import { checkWindow, closesIn, DAYS_A_YEAR, windowFields, yearlyVolatility } from "./prices.ts";
import { rounded, Tally } from "./statistics.ts";

/** How many items a job that runs to its end has. */
const ESTIMATES = 40;
const PATHS_MIN = 1_000;
/** What a normal number and its share of a path take. */
const MS_A_DRAW = 40e-6;
/** Work between two looks at the pace. */
const SLICE_MS = 3;
/** A 95 % interval reaches this many standard errors to each side. */
const TWO_SIDED_95 = 1.96;

/** Which option, and how precisely its price is wanted. */
export const OptionInput = z.strictObject({
  side: z.enum(["call", "put"]).default("call").describe(
    "The right to buy (call) or to sell (put)",
  ),
  style: z.enum(["european", "asian"]).default("asian")
    .describe(
      "What is compared with the strike: the last close (european), or the mean of all daily closes (asian)",
    ),
  days: z.int().min(1).max(10 * DAYS_A_YEAR).default(DAYS_A_YEAR)
    .describe(`Trading days until it expires; a year has ${DAYS_A_YEAR}`),
  spot: z.number().positive().max(1e6).optional()
    .describe("Index now, in points; left out: the last close of the history used"),
  strike: z.number().positive().max(1e6).optional().describe(
    "In points of the index; left out: the spot",
  ),
  rate: z.number().min(-0.2).max(0.5).default(0.02)
    .describe("Interest a year, continuously compounded: 0.02 is 2 %"),
  volatility: z.number().positive().max(3).optional()
    .describe("Standard deviation a year: 0.2 is 20 %; left out: that of the history used"),
  ...windowFields({ from: "2019-04-18", to: "2020-04-17" }),
  paths: z.int().min(PATHS_MIN).max(20_000_000).default(400_000).describe(
    "Most ways of the index to simulate",
  ),
  targetError: z.number().positive().optional()
    .describe(
      "Stop when the standard error of the price is at most this, in points; left out: simulate all paths",
    ),
  seed: seedField(),
}).superRefine((input, context) => {
  checkWindow(input, context);
  checkEffort(context, "paths", input.paths * msAPath(input));
});

/** An input as checked, with its defaults. */
export type OptionInput = z.output<typeof OptionInput>;

/** The kind. */
export const optionPrice: Kind<typeof OptionInput> = {
  kind: "option-price",
  description:
    "The price of an option on the S&P 500 by Monte Carlo: a stream of ever better estimates",
  input: OptionInput,
  tags: ["data:sp500"],
  estimate: (input) => input.paths * msAPath(input),
  run: priceOption,
};

/** What is known of the price after a number of paths; in points of the index. */
export interface Estimate {
  readonly paths: number;
  readonly price: number;
  readonly standardError: number;
  /** With 95 % confidence the price is from `low` … */
  readonly low: number;
  /** … to `high`. */
  readonly high: number;
}

/** An item: the price so far; at the end also what ended it and which figures were used. */
export type OptionItem =
  | Estimate & { readonly type: "estimate" }
  | Estimate & {
    readonly type: "final";
    readonly endedBy: "paths" | "target-error";
    readonly market: Market;
  };

/** The figures that the input names or the history gives. */
export interface Market {
  readonly spot: number;
  readonly strike: number;
  readonly volatility: number;
}

/** Simulates until `paths` or `targetError` is reached. */
export async function* priceOption(input: OptionInput, job: Job): AsyncGenerator<OptionItem, void> {
  const market = marketOf(input);
  const simulate = simulation(input, market);
  const pathsAnEstimate = Math.ceil(input.paths / ESTIMATES);
  const pathsASlice = Math.ceil(SLICE_MS / msAPath(input));
  const pace = new Pace(job.signal);
  const payoffs = new Tally();
  while (true) {
    const goal = Math.min(payoffs.count + pathsAnEstimate, input.paths);
    while (payoffs.count < goal) {
      const slice = Math.min(pathsASlice, goal - payoffs.count);
      for (let path = 0; path < slice; path++) payoffs.add(simulate());
      await pace.worked(slice * msAPath(input));
    }
    job.progress(payoffs.count / input.paths, `path ${payoffs.count} of ${input.paths}`);
    const endedBy = endOf(input, payoffs);
    if (endedBy) {
      yield { type: "final", ...estimateOf(payoffs), endedBy, market };
      return;
    }
    yield { type: "estimate", ...estimateOf(payoffs) };
  }
}

/** Why no more paths are needed; null: they are. */
function endOf(
  { paths, targetError = 0 }: OptionInput,
  payoffs: Tally,
): "paths" | "target-error" | null {
  if (payoffs.count >= paths) return "paths";
  // Few paths, or paths of which none paid, do not tell how much payoffs differ.
  const isTelling = payoffs.count >= PATHS_MIN && payoffs.standardError > 0;
  return isTelling && payoffs.standardError <= targetError ? "target-error" : null;
}

/** Only the mean of the closes needs the closes on the way; the last close alone is drawn in one step. */
function drawsAPath({ style, days }: Pick<OptionInput, "style" | "days">): number {
  return style === "asian" ? days : 1;
}

function msAPath(input: Pick<OptionInput, "style" | "days">): number {
  return drawsAPath(input) * MS_A_DRAW;
}

function marketOf(input: OptionInput): Market {
  const history = closesIn(input);
  const spot = input.spot ?? history.closes.at(-1)!;
  return {
    spot,
    strike: input.strike ?? spot,
    volatility: input.volatility ?? rounded(yearlyVolatility(history)),
  };
}

/**
 * One call, one path: what the option pays, discounted to now. The index follows a geometric Brownian motion
 * whose drift is the interest (Black and Scholes 1973), which is what makes the mean of the payoffs the price.
 */
function simulation(input: OptionInput, { spot, strike, volatility }: Market): () => number {
  const draws = new Draws("option-price", input);
  const steps = drawsAPath(input);
  const years = input.days / DAYS_A_YEAR;
  const drift = (input.rate - volatility ** 2 / 2) * (years / steps);
  const spread = volatility * Math.sqrt(years / steps);
  const discount = Math.exp(-input.rate * years);
  const sign = input.side === "call" ? 1 : -1;
  return () => {
    let level = spot;
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      level *= Math.exp(drift + spread * draws.normal());
      sum += level;
    }
    return discount * Math.max(0, sign * (sum / steps - strike));
  };
}

function estimateOf(payoffs: Tally): Estimate {
  const margin = TWO_SIDED_95 * payoffs.standardError;
  return {
    paths: payoffs.count,
    price: rounded(payoffs.mean),
    standardError: rounded(payoffs.standardError),
    low: rounded(payoffs.mean - margin),
    high: rounded(payoffs.mean + margin),
  };
}
