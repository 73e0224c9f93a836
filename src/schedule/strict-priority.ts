// The urgent first, whatever becomes of the rest.

import type { Policy, ReadyJob } from "./policy.ts";
import { RankedPolicy } from "./ranked.ts";

/**
 * A policy that starts no job while one of a higher class can run; within a class, in order of arrival.
 *
 * A shared job has the highest class that anybody wants it in. Low classes may wait for ever.
 *
 * @example
 * ```ts
 * import { strictPriority } from "./strict-priority.ts";
 *
 * const policy = strictPriority();
 * if (policy.size !== 0) throw new Error("A new policy holds no job");
 * ```
 */
export function strictPriority(): Policy {
  return new RankedPolicy((job) => -highestClass(job));
}

function highestClass({ claims }: ReadyJob): number {
  let highest = 0;
  for (const { priority } of claims) if (priority > highest) highest = priority;
  return highest;
}
