// Which failures pass, how many are borne, and how long to pause after each.

import { sleep } from "../base/clock.ts";
import { HeartyError, PROBLEMS } from "../wire/problem.ts";
import { type Transport, UnreachableError } from "./transport.ts";

/** How long to persist. */
export interface Persistence {
  /** Ends it: the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** How many failures one after another are borne; default: no bound. 0: none. */
  readonly failuresMax?: number | undefined;
}

const PAUSE_BASE_MS = 500;
const PAUSE_CAP_MS = 10_000;

/** Bears failures that may pass, and pauses between attempts: exponential back-off with full jitter. */
export class Patience {
  readonly #transport: Transport;
  readonly #options: Persistence;
  #failures = 0;

  constructor(transport: Transport, options: Persistence) {
    this.#transport = transport;
    this.#options = options;
  }

  /** Tries until it succeeds, or fails for good. */
  async persist<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await this.afterFailure(error);
      }
    }
  }

  /** Returns when it is time to try again; throws the error if it will not pass, or if there were too many. */
  async afterFailure(error: unknown): Promise<void> {
    const { signal, failuresMax = Infinity } = this.#options;
    signal?.throwIfAborted();
    if (!isPassing(error) || this.#failures >= failuresMax) throw error;
    const ceilingMs = Math.min(PAUSE_CAP_MS, PAUSE_BASE_MS * 2 ** this.#failures++);
    const askedMs = error instanceof HeartyError ? error.refusal.retryMs ?? 0 : 0;
    const { clock, random } = this.#transport;
    await sleep(clock, Math.max(askedMs, random.unit() * ceilingMs), signal);
    signal?.throwIfAborted();
  }

  /** Something succeeded: failures are counted anew. */
  restore(): void {
    this.#failures = 0;
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof HeartyError && [408, 429, 503].includes(PROBLEMS[error.code][0]);
}
