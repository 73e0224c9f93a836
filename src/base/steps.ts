// Long work in short pieces. A generator does the work and yields every few milliseconds; whoever drives it decides
// whether others get a turn in between. So one piece of code serves small inputs at once and large ones politely.

import { type Clock, sleep } from "./clock.ts";

/** Work that yields every millisecond or more often, and returns its answer. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Does all of it at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does all of it, awaiting `pause` between the pieces. */
export async function finishInTurns<T>(steps: Steps<T>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await pause();
  }
}

/** Longest work between two turns, in ms. A turn itself takes one or more, which is why they are not taken more often. */
const TURN_EVERY_MS = 5;

/** A pause that lets others have their turn, unless they have just had one. */
export function turns(clock: Clock): () => Promise<void> {
  let turnAt = clock.now().mono;
  return async () => {
    if (clock.now().mono - turnAt < TURN_EVERY_MS) return;
    await sleep(clock, 0);
    turnAt = clock.now().mono;
  };
}
