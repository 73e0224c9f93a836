// What a portfolio may lose within some days: its value at risk, from days of the real history put together anew
// (bootstrap). One value; how far it has come is told as progress.

import { z } from "zod";
import { Draws, seedField } from "./draws.ts";
import { checkEffort, complain, type Job, type Kind } from "./kind.ts";
import { Pace } from "./pause.ts";
import { checkWindow, closesIn, dailyReturns, DAYS_A_YEAR, windowFields } from "./prices.ts";
import { quantile, rounded, Tally } from "./statistics.ts";

/** The scenarios are computed in this many parts, whose differences tell how precise the result is. */
const PARTS = 40;
/** Scenarios beyond the confidence that each part must have, lest its own quantile is off. */
const TAIL_A_PART = 100;
/** What drawing a day takes. */
const MS_A_DRAW = 6e-6;
/** What a day of one holding takes. */
const MS_A_DAY = 2e-6;
/** What sorting takes for each loss. */
const MS_A_LOSS = 40e-6;
/** Work between two looks at the pace. */
const SLICE_MS = 3;

/** A position of a portfolio. */
const Holding = z.strictObject({
  name: z.string().min(1).max(80).describe("Any name, once a portfolio"),
  value: z.number().min(-1e12).max(1e12).describe(
    "What it is worth, in dollars; below zero: sold short",
  ),
  beta: z.number().min(-5).max(5).default(1).describe(
    "How many per cent it moves when the index moves one",
  ),
});

const BALANCED = [
  { name: "index fund", value: 600_000, beta: 1 },
  { name: "technology", value: 300_000, beta: 1.3 },
  { name: "utilities", value: 200_000, beta: 0.5 },
];

/** Which portfolio, and which loss. */
export const RiskInput = z.strictObject({
  holdings: z.array(Holding).min(1).max(50).default(BALANCED).describe("The portfolio"),
  confidence: z.number().min(0.5).max(0.9995).default(0.99)
    .describe("How sure it is to be that the loss stays below the value at risk: 0.99 is 99 %"),
  days: z.int().min(1).max(DAYS_A_YEAR).default(10).describe(
    "Trading days that the portfolio is kept",
  ),
  blockDays: z.int().min(1).max(20).default(1)
    .describe(
      "Days drawn in a row, so that calm and stormy times stay together; 1: every day on its own",
    ),
  ...windowFields({ from: "2000-01-03", to: "2020-04-17" }),
  scenarios: z.int().min(PARTS * TAIL_A_PART).max(20_000_000).default(10_000_000)
    .describe(`Futures to put together; rounded up to a multiple of ${PARTS}`),
  seed: seedField(),
}).superRefine((input, context) => {
  checkWindow(input, context);
  const twice = input.holdings.find(({ name }, i) =>
    input.holdings.findIndex((h) => h.name === name) < i
  );
  if (twice) {
    complain(context, "holdings", `The name '${twice.name}' stands twice: each must have its own`);
  }
  const wanted = Math.ceil(rounded((PARTS * TAIL_A_PART) / (1 - input.confidence)));
  if (input.scenarios < wanted) {
    complain(
      context,
      "scenarios",
      `With a confidence of ${input.confidence} at least ${wanted} are wanted, so that enough lie beyond it`,
    );
  }
  checkEffort(context, "scenarios", estimate(input));
});

/** An input as checked, with its defaults. */
export type RiskInput = z.output<typeof RiskInput>;

/** The kind. */
export const valueAtRisk: Kind<typeof RiskInput> = {
  kind: "value-at-risk",
  description: "What a portfolio may lose within some days, by bootstrap of the real history",
  input: RiskInput,
  tags: ["data:sp500"],
  estimate,
  run: assessRisk,
};

/** Losses in dollars; below zero: a gain. */
export interface Risk {
  /** Exceeded only with the probability 1 - confidence. */
  readonly valueAtRisk: number;
  readonly standardError: number;
  /** The mean of the losses that exceed the value at risk. */
  readonly expectedShortfall: number;
  readonly expectedShortfallError: number;
  readonly scenarios: number;
  /** Which days were put together. */
  readonly history: { readonly from: string; readonly to: string; readonly returns: number };
}

/** Puts futures together and ranks their losses. */
export async function assessRisk(input: RiskInput, job: Job): Promise<Risk> {
  const history = closesIn(input);
  const returns = dailyReturns(history);
  const simulate = simulation(input, returns);
  const pace = new Pace(job.signal);
  const losses = new Float64Array(Math.ceil(input.scenarios / PARTS));
  const lossesASlice = Math.ceil(SLICE_MS / msAScenario(input));
  const atRisk = new Tally();
  const shortfall = new Tally();
  for (let part = 1; part <= PARTS; part++) {
    for (let start = 0; start < losses.length; start += lossesASlice) {
      const end = Math.min(start + lossesASlice, losses.length);
      for (let i = start; i < end; i++) losses[i] = simulate();
      await pace.worked((end - start) * msAScenario(input));
    }
    losses.sort();
    atRisk.add(quantile(losses, input.confidence));
    shortfall.add(mean(losses.subarray(Math.floor(input.confidence * losses.length))));
    await pace.worked(losses.length * MS_A_LOSS);
    job.progress(part / PARTS, `part ${part} of ${PARTS}`);
  }
  return {
    valueAtRisk: rounded(atRisk.mean),
    standardError: rounded(atRisk.standardError),
    expectedShortfall: rounded(shortfall.mean),
    expectedShortfallError: rounded(shortfall.standardError),
    scenarios: PARTS * losses.length,
    history: { from: history.dates[0]!, to: history.dates.at(-1)!, returns: returns.length },
  };
}

/** About how long a run takes, in ms. */
function estimate(input: Pick<RiskInput, "scenarios" | "days" | "holdings">): number {
  return input.scenarios * (msAScenario(input) + MS_A_LOSS);
}

function msAScenario({ days, holdings }: Pick<RiskInput, "days" | "holdings">): number {
  return days * (MS_A_DRAW + holdings.length * MS_A_DAY);
}

/** One call, one future: what the portfolio loses in it. */
function simulation(input: RiskInput, returns: Float64Array): () => number {
  const draws = new Draws("value-at-risk", input);
  const { days, blockDays, holdings } = input;
  // Each holding moves with the index by its beta, so that holdings of one beta move as one.
  const values = new Map<number, number>();
  for (const { beta, value } of holdings) values.set(beta, (values.get(beta) ?? 0) + value);
  const betas = Float64Array.from(values.keys());
  const worth = Float64Array.from(values.values());
  const growth = new Float64Array(betas.length);
  return () => {
    growth.fill(1);
    let at = 0;
    for (let day = 0; day < days; day++) {
      // After the last day of the history comes its first one.
      at = day % blockDays === 0 ? draws.below(returns.length) : (at + 1) % returns.length;
      const gain = returns[at]!;
      for (let i = 0; i < betas.length; i++) growth[i]! *= 1 + betas[i]! * gain;
    }
    let loss = 0;
    for (let i = 0; i < betas.length; i++) loss += worth[i]! * (1 - growth[i]!);
    return loss;
  };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
