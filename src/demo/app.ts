// An analytics desk: the example application. Two programs load this file.
//
// - A worker (`hearty work src/demo/app.ts`) takes the default export: what it can compute.
// - A server (`createHearty({ jobs })`) takes `jobs`: the same kinds without their handlers, so that inputs are checked before they
//   are accepted, and workers elsewhere compute them.

import { defineJob, type JobDefinition } from "../mod.ts";
import type { Kinds } from "../worker/mod.ts";
import { flightDelays } from "./flight-delays.ts";
import { handlerOf, type Kind } from "./kind.ts";
import { optionPrice } from "./option-price.ts";
import { priceChart } from "./price-chart.ts";
import { valueAtRisk } from "./value-at-risk.ts";

const DESK: readonly Kind[] = [optionPrice, valueAtRisk, flightDelays, priceChart];

/** What a worker of the desk computes, by name. */
export const kinds: Kinds = Object.fromEntries(DESK.map((kind) => [kind.kind, handlerOf(kind)]));

/** What a server must know of the desk. */
export const jobs: readonly JobDefinition[] = DESK.map((kind) =>
  defineJob({
    kind: kind.kind,
    description: kind.description,
    input: kind.input,
    tags: () => kind.tags,
    estimate: (input) => kind.estimate(input),
  })
);

export default kinds;
