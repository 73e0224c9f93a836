// Waiting for what follows by itself, without any time passing.

import { settled } from "./manual-clock.ts";
import { assert } from "./test.ts";

/** How many turns of the event loop something may take. */
const TURNS_MAX = 300;

/** Resolves when `isMet` is true; fails, naming `what`, if that does not come by itself. */
export async function until(isMet: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (isMet()) return;
    await settled();
  }
  assert.fail(`It never came about that ${what}`);
}
