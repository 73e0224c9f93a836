// Who the demo's owners are, and what they ask for. Together they keep two workers of two slots busy, not more.

import type { z } from "zod";
import type { DelaysInput } from "./flight-delays.ts";
import type { OptionInput } from "./option-price.ts";
import type { ChartInput } from "./price-chart.ts";
import type { RiskInput } from "./value-at-risk.ts";

/** A job of the desk: a kind and an input for it, defaults left out. */
export type Ask =
  | { readonly kind: "option-price"; readonly input: z.input<typeof OptionInput> }
  | { readonly kind: "value-at-risk"; readonly input: z.input<typeof RiskInput> }
  | { readonly kind: "flight-delays"; readonly input: z.input<typeof DelaysInput> }
  | { readonly kind: "price-chart"; readonly input: z.input<typeof ChartInput> };

/** A job that an owner posts. */
export type Post = Ask & {
  readonly owner: string;
  /** Of the query: queue, priority. */
  readonly options: Readonly<Record<string, string>>;
  /** Turns after which it is cancelled; null: never. */
  readonly regretAfter: number | null;
};

/** An owner: how often its turn comes, as a share of all shares, and what it posts then. */
export interface Habit {
  readonly share: number;
  readonly next: (turn: number, random: () => number) => readonly Post[];
}

/** Turns for which the same options are on everybody's screen. */
const ROUND_TURNS = 40;
const POPULAR_STRIKES = [2_600, 2_800, 3_000] as const;
const NIGHTLY_YEARS = [2005, 2008, 2011, 2014, 2017, 2019] as const;

/** The owners. */
export const HABITS: readonly Habit[] = [
  { share: 40, next: ann },
  { share: 30, next: bob },
  { share: 28, next: carol },
  { share: 2, next: nightly },
];

/** Trades: wants the options that everybody looks at, at once. */
function ann(turn: number, random: () => number): Post[] {
  const options = { queue: "trading", priority: "high" };
  return [{ owner: "ann", options, ...popularOption(turn, random), regretAfter: null }];
}

/** Researches: the same options as ann, risks of his own, now and then a huge job that he soon gives up. */
function bob(turn: number, random: () => number): Post[] {
  const post = { owner: "bob", options: { queue: "notebook" }, regretAfter: null } as const;
  const mood = random();
  if (mood < 0.6) return [{ ...post, ...popularOption(turn, random) }];
  if (mood < 0.92) {
    const confidence = pick([0.95, 0.975, 0.99], random);
    return [{ ...post, ...risk({ confidence, seed: turn }) }];
  }
  const input = { style: "asian", paths: 2_000_000, targetError: 0.2, seed: turn } as const;
  return [{ ...post, kind: "option-price", input, regretAfter: 5 }];
}

/** Studies delays, and looks at charts; what she asks for twice is there at once. */
function carol(_turn: number, random: () => number): Post[] {
  const post = { owner: "carol", regretAfter: null } as const;
  if (random() < 0.3) {
    const from = `${pick([2000, 2005, 2010, 2015], random)}-01-03`;
    return [{ ...post, options: { queue: "charts" }, kind: "price-chart", input: { from } }];
  }
  const fromHour = 6 + Math.floor(random() * 12);
  const input = {
    by: pick(["hour", "distance"] as const, random),
    fromHour,
    untilHour: fromHour + 4 + Math.floor(random() * 3),
    lateMinutes: pick([15, 30, 60], random),
  };
  return [{ ...post, options: { queue: "airports" }, kind: "flight-delays", input }];
}

/** A service: the risks in many years at once, for when nobody else needs the workers. */
function nightly(turn: number): Post[] {
  const options = { queue: "reports", priority: "background" };
  return NIGHTLY_YEARS.map((year) => {
    const window = { from: `${year - 5}-01-03`, to: `${year}-12-31` };
    const asked = risk({ ...window, scenarios: 4_000_000, seed: turn });
    return { owner: "nightly", options, ...asked, regretAfter: null };
  });
}

function popularOption(turn: number, random: () => number): Ask {
  const input = {
    side: pick(["call", "put"] as const, random),
    strike: pick(POPULAR_STRIKES, random),
    paths: 100_000,
    seed: Math.floor(turn / ROUND_TURNS),
  };
  return { kind: "option-price", input };
}

function risk(input: z.input<typeof RiskInput>): Ask {
  return { kind: "value-at-risk", input: { scenarios: 1_000_000, ...input } };
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)]!;
}
