// The pause before a retry: exponential back-off with full jitter (Marc Brooker, "Exponential Backoff And Jitter",
// AWS Architecture Blog, 2015), so that jobs that failed together do not come back together.

import type { Random } from "../base/random.ts";

/** How long to wait after `failures` failed attempts, in ms: anywhere between 0 and min(cap, base × 2^(failures − 1)). */
export function retryPauseMs(
  settings: { readonly retryBaseMs: number; readonly retryCapMs: number },
  failures: number,
  random: Random,
): number {
  const longest = Math.min(settings.retryCapMs, settings.retryBaseMs * 2 ** (failures - 1));
  return Math.round(random.unit() * longest);
}
