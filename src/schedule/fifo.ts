// First come, first served.

import type { Policy } from "./policy.ts";
import { RankedPolicy } from "./ranked.ts";

/**
 * A policy that starts jobs in order of arrival, whoever they are for; those that lost their worker go before.
 *
 * It suits one owner. Among several, whoever asks for much keeps all others waiting.
 *
 * @example
 * ```ts
 * import { fifo } from "./fifo.ts";
 *
 * const policy = fifo();
 * if (policy.size !== 0) throw new Error("A new policy holds no job");
 * ```
 */
export function fifo(): Policy {
  return new RankedPolicy(() => 0);
}
