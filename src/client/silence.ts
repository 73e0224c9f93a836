// A connection whose other side has vanished says nothing, for ever. This ends it.

import type { Clock } from "../base/clock.ts";
import { UnreachableError } from "./transport.ts";

/** Ends a connection when its other side says nothing for too long, or when the caller's signal does. */
export class Silence {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #own = new AbortController();
  /** What the request is to be sent with. */
  readonly signal: AbortSignal;

  constructor(
    clock: Clock,
    { ms, outer }: { readonly ms: number; readonly outer: AbortSignal | undefined },
  ) {
    this.#clock = clock;
    this.#ms = ms;
    this.signal = outer === undefined
      ? this.#own.signal
      : AbortSignal.any([this.#own.signal, outer]);
  }

  /** Waits for the other side. @throws {UnreachableError} if that takes too long. */
  async until<T>(answer: Promise<T>): Promise<T> {
    const cancel = this.#clock.timer(this.#clock.now().mono + this.#ms, () => this.abort());
    try {
      return await answer;
    } catch (cause) {
      if (this.#own.signal.aborted) throw new UnreachableError("The server fell silent", { cause });
      throw cause;
    } finally {
      cancel();
    }
  }

  /** Ends the connection. */
  abort(): void {
    this.#own.abort();
  }
}
