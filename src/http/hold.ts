// A hold: an interest that lasts as long as the connection of a waiting request.

import type { PostCommand } from "../core/command.ts";
import type { PromiseId } from "../core/ids.ts";
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
  { engine, onFault }: Services,
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
    engine.done({ type: "release", promise, owner, queue, isKept }).catch(onFault);
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
