// Long work in short pieces. A generator does the work and yields every few milliseconds; whoever drives it decides
// whether others get a turn in between. So one piece of code serves small inputs at once and large ones politely.

/** Work that yields every few milliseconds, and returns its answer. */
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
