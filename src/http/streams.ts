// Open streams, counted for each client, so that none can take all of them.

import { type Refusal, refuse } from "../core/problem.ts";
import type { Call } from "./handler.ts";
import type { Services } from "./services.ts";

/** Counts open streams. */
export class Streams {
  readonly #open: Map<string, number> = new Map();
  readonly #idlers: (() => void)[] = [];

  /** How many streams are open in all. */
  get size(): number {
    let sum = 0;
    for (const count of this.#open.values()) sum += count;
    return sum;
  }

  /** Takes a place for a stream; the answer gives it back. Refused if the client has all that one may have. */
  take(call: Call, { limits, authenticator }: Services): (() => void) | Refusal {
    const client = authenticator.mode === "none"
      ? call.connection?.address ?? ""
      : call.principal.owner;
    const count = this.#open.get(client) ?? 0;
    if (count >= limits.streamsMax) {
      return refuse("too-many-streams", {
        detail: `Cannot open a stream: the client has ${count} of ${limits.streamsMax}`,
        retryMs: 1_000,
      });
    }
    this.#open.set(client, count + 1);
    return () => {
      const left = (this.#open.get(client) ?? 1) - 1;
      if (left > 0) this.#open.set(client, left);
      else this.#open.delete(client);
      if (this.#open.size === 0) { for (const wake of this.#idlers.splice(0)) wake(); }
    };
  }

  /** Resolves when no stream is open. */
  idle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }
}
