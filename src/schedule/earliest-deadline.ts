// What is due first goes first.

import type { Policy, ReadyJob } from "./policy.ts";
import { RankedPolicy } from "./ranked.ts";

/**
 * A policy that starts the job with the earliest deadline.
 *
 * A shared job has the earliest deadline that anybody gave it. A job without any counts as due when it came: who
 * names no deadline has not said that it can wait, and it cannot be overtaken for ever.
 *
 * @example
 * ```ts
 * import { earliestDeadline } from "./earliest-deadline.ts";
 *
 * const policy = earliestDeadline();
 * if (policy.size !== 0) throw new Error("A new policy holds no job");
 * ```
 */
export function earliestDeadline(): Policy {
  return new RankedPolicy(dueAt);
}

function dueAt({ claims, createdAt }: ReadyJob): number {
  let earliest = Infinity;
  for (const { deadline } of claims) {
    if (deadline !== null && deadline < earliest) earliest = deadline;
  }
  return earliest === Infinity ? createdAt : earliest;
}
