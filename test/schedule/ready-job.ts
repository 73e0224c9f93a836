// Jobs for tests of scheduling.

import type { KindName, PromiseId } from "../../src/core/ids.ts";
import type { Claim, ReadyJob, Slot } from "../../src/schedule/policy.ts";

/** A slot that takes every job. */
export const ANY: Slot = { takes: () => true };

/** One interest, of ada's default queue unless told otherwise. */
export function claim(some: Partial<Claim> = {}): Claim {
  return { owner: "ada", queue: "default", priority: 5, deadline: null, ...some };
}

/** The n-th job to arrive. */
export function readyJob(n: number, some: Partial<ReadyJob> = {}): ReadyJob {
  return {
    id: `00000000-0000-7000-8000-${String(n).padStart(12, "0")}` as PromiseId,
    kind: "paint" as KindName,
    group: "paint",
    arrival: n,
    createdAt: n,
    claims: [claim()],
    isFirst: false,
    ...some,
  };
}
