// How late flights are, grouped by the hour or the distance. A stream of aggregates: the flights are visited in a
// shuffled order, so that already the first items tell of all hours; the last one is of every flight. How sure
// each mean is, is told by its bootstrap interval, since delays are too skewed for a formula: most flights are
// on time, few are hours late.

import { z } from "zod";
import { Draws, seedField } from "./draws.ts";
import { flights } from "./flights.ts";
import { complain, type Job, type Kind } from "./kind.ts";
import { Pace } from "./pause.ts";
import { quantile, rounded } from "./statistics.ts";

/** How many items a job has. */
const BLOCKS = 25;
/** What a flight takes in one resample. */
const MS_A_DRAW = 13e-6;
/** Work between two looks at the pace. */
const SLICE_MS = 3;
/** Width of a band of distances. */
const BAND_MILES = 500;

/** How to group, and which flights count. */
export const DelaysInput = z.strictObject({
  by: z.enum(["hour", "distance"]).default("hour").describe(
    `Group by the hour of the day or by bands of ${BAND_MILES} miles`,
  ),
  fromHour: z.int().min(0).max(23).default(0).describe("Only flights from this hour of the day on"),
  untilHour: z.int().min(1).max(24).default(24).describe(
    "Only flights before this hour of the day",
  ),
  minMiles: z.int().min(0).max(5_000).default(0).describe(
    "Only flights of at least this distance, in miles",
  ),
  maxMiles: z.int().min(0).max(5_000).default(5_000).describe(
    "Only flights of at most this distance, in miles",
  ),
  lateMinutes: z.int().min(1).max(1_440).default(15).describe(
    "A flight counts as late from this delay on, in minutes",
  ),
  resamples: z.int().min(100).max(5_000).default(1_000)
    .describe("Times that the flights are drawn anew to see how much the means vary"),
  seed: seedField(),
}).superRefine((input, context) => {
  const { fromHour, untilHour, minMiles, maxMiles } = input;
  if (fromHour >= untilHour) {
    complain(context, "untilHour", `Must be after fromHour: ${untilHour} is not after ${fromHour}`);
  }
  if (minMiles > maxMiles) {
    complain(context, "maxMiles", `Must not be below minMiles: ${maxMiles} is below ${minMiles}`);
  }
});

/** An input as checked, with its defaults. */
export type DelaysInput = z.output<typeof DelaysInput>;

/** The kind. */
export const flightDelays: Kind<typeof DelaysInput> = {
  kind: "flight-delays",
  description:
    "How late flights are by hour or distance, with intervals: a stream of aggregates, the last one exact",
  input: DelaysInput,
  tags: ["data:flights"],
  // As if every hour had as many flights, and none were left out for its distance.
  estimate: ({ fromHour, untilHour, resamples }) =>
    flights().count * ((untilHour - fromHour) / 24) * resamples * MS_A_DRAW,
  run: groupDelays,
};

/** What is known of a group's flights. */
export interface DelayGroup {
  /** `07:00` for the hour from then on, `500 mi` for the band from there on. */
  readonly group: string;
  readonly flights: number;
  /** In minutes. */
  readonly meanDelay: number;
  /** With 95 % confidence the mean is from `low` … */
  readonly low: number;
  /** … to `high`. */
  readonly high: number;
  /** The share of its flights that were late, 0 … 1. */
  readonly lateShare: number;
}

/** An item: the groups after some of the flights that count, `final` after all of them. */
export interface DelaysItem {
  readonly type: "partial" | "final";
  /** Flights seen so far. */
  readonly flights: number;
  /** Flights that count in all. */
  readonly of: number;
  readonly groups: readonly DelayGroup[];
}

/** Groups block by block. */
export async function* groupDelays(
  input: DelaysInput,
  job: Job,
): AsyncGenerator<DelaysItem, void> {
  const draws = new Draws("flight-delays", input);
  const chosen = choose(input);
  shuffle(chosen, draws);
  const groupOf = grouping(input);
  const groups = new Map<number, Group>();
  const all = flights();
  const msAFlight = input.resamples * MS_A_DRAW;
  const flightsASlice = Math.ceil(SLICE_MS / msAFlight);
  const pace = new Pace(job.signal);
  let seen = 0;
  for (let block = 1; block <= BLOCKS; block++) {
    const blockEnd = Math.round((chosen.length * block) / BLOCKS);
    while (seen < blockEnd) {
      const slice = chosen.subarray(seen, Math.min(seen + flightsASlice, blockEnd));
      for (const flight of slice) {
        const group = groups.getOrInsertComputed(groupOf(flight), () => new Group(input));
        group.add(all.delays[flight]!, draws);
      }
      seen += slice.length;
      await pace.worked(slice.length * msAFlight);
    }
    job.progress(block / BLOCKS, `flight ${seen} of ${chosen.length}`);
    yield {
      type: block < BLOCKS ? "partial" : "final",
      flights: seen,
      of: chosen.length,
      groups: [...groups].sort(([a], [b]) => a - b)
        .map(([number, group]) => group.summary(label(input, number))),
    };
  }
}

/** The places of the flights that count. */
function choose(input: DelaysInput): Uint32Array {
  const { count, minutes, miles } = flights();
  const chosen: number[] = [];
  for (let flight = 0; flight < count; flight++) {
    const hour = minutes[flight]! / 60;
    const isInTime = hour >= input.fromHour && hour < input.untilHour;
    const isInReach = miles[flight]! >= input.minMiles && miles[flight]! <= input.maxMiles;
    if (isInTime && isInReach) chosen.push(flight);
  }
  return Uint32Array.from(chosen);
}

/** Every order equally likely (Fisher and Yates). */
function shuffle(places: Uint32Array, draws: Draws): void {
  for (let i = places.length - 1; i > 0; i--) {
    const other = draws.below(i + 1);
    [places[i], places[other]] = [places[other]!, places[i]!];
  }
}

/** The number of a flight's group: its hour, or its band. */
function grouping({ by }: DelaysInput): (flight: number) => number {
  const { minutes, miles } = flights();
  return by === "hour"
    ? (flight) => Math.floor(minutes[flight]! / 60)
    : (flight) => Math.floor(miles[flight]! / BAND_MILES);
}

function label({ by }: DelaysInput, number: number): string {
  return by === "hour" ? `${String(number).padStart(2, "0")}:00` : `${number * BAND_MILES} mi`;
}

/**
 * The sums of a group, and those of its resamples. In each resample a flight stands a Poisson number of times,
 * which needs no second look at the flights (the bootstrap for streams; Oza and Russell 2001).
 */
class Group {
  readonly #lateMinutes: number;
  readonly #counts: Float64Array;
  readonly #delays: Float64Array;
  #count = 0;
  #delay = 0;
  #late = 0;

  constructor({ resamples, lateMinutes }: DelaysInput) {
    this.#lateMinutes = lateMinutes;
    this.#counts = new Float64Array(resamples);
    this.#delays = new Float64Array(resamples);
  }

  /** Takes one more flight. */
  add(delay: number, draws: Draws): void {
    this.#count++;
    this.#delay += delay;
    if (delay >= this.#lateMinutes) this.#late++;
    for (let i = 0; i < this.#counts.length; i++) {
      const times = draws.poisson();
      this.#counts[i]! += times;
      this.#delays[i]! += times * delay;
    }
  }

  summary(group: string): DelayGroup {
    // A resample of a small group may be empty: it tells nothing.
    const means = this.#delays.map((delay, i) => delay / this.#counts[i]!).filter(Number.isFinite);
    means.sort();
    return {
      group,
      flights: this.#count,
      meanDelay: rounded(this.#delay / this.#count),
      low: rounded(quantile(means, 0.025)),
      high: rounded(quantile(means, 0.975)),
      lateShare: rounded(this.#late / this.#count),
    };
  }
}
