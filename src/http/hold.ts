// A hold: an interest that lasts as long as the connection of a waiting request.

import { sleep } from "../base/clock.ts";
import type { Command, PostCommand } from "../core/command.ts";
import type { PromiseId } from "../core/ids.ts";
import { HeartyError } from "../core/problem.ts";
import type { Services } from "./services.ts";

/** A hold on an interest, to be ended once. */
export interface Hold {
  /** Whether the answer is a stream, whose end ends the hold. */
  readonly isStreaming: boolean;
  /** The answer is over; `isKept`: the interest stays for good. */
  end(isKept: boolean): void;
  /** The answer is a stream from now on; calls the answer at its end. */
  stream(): () => void;
}

/** Watches a request that holds an interest: if it breaks off, the interest goes. */
export function holdInterest(
  services: Services,
  promise: PromiseId,
  { command, signal }: { command: PostCommand; signal: AbortSignal },
): Hold {
  const { owner, queue } = command.wish;
  let isOver = false;
  let isStreaming = false;
  const end = (isKept: boolean) => {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener("abort", abort);
    const release = { type: "release", promise, owner, queue, isKept } as const;
    releaseAtLast(services, release).catch(services.onFault);
  };
  const abort = () => end(false);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) end(false);
  return {
    get isStreaming() {
      return isStreaming;
    },
    end,
    stream() {
      isStreaming = true;
      return abort;
    },
  };
}

/** How long a release waits for a store that is away before it is tried again, in ms. */
const AGAIN_MS = 1_000;

/** Releases, when the store is away as soon as it is back: or the job would run on for nobody. */
async function releaseAtLast(
  { engine, clock, stopping }: Services,
  release: Extract<Command, { type: "release" }>,
): Promise<void> {
  // What a stop leaves undone, a start does: holds do not outlive the server for long.
  while (!stopping.aborted) {
    try {
      await engine.done(release);
      return;
    } catch (error) {
      if (!(error instanceof HeartyError)) throw error;
    }
    await sleep(clock, AGAIN_MS, stopping);
  }
}
