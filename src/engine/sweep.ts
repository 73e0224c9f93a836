// Expiry: settled promises whose time has come go, in small steps, so that nobody else waits for it.

import { sleep } from "../base/clock.ts";
import type { PromiseId } from "../core/ids.ts";
import { isSettled, type SettledRecord } from "../core/promise.ts";
import { type Expiring, listExpired, readPromise } from "../store/layout.ts";
import type { Engine } from "./engine.ts";
import { changeSettled } from "./settled.ts";

/** Promises that one step removes. */
const STEP = 100;
/** How often the sweep looks, in ms. */
const EVERY_MS = 1_000;

/** Sweeps until `signal` aborts. A store that fails is tried again at the next turn. */
export async function sweep(
  engine: Engine,
  signal: AbortSignal,
  onFault: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (engine.isWritable) await sweepOnce(engine, signal);
    } catch (error) {
      onFault(error);
    }
    await sleep(engine.clock, EVERY_MS, signal);
  }
}

/** Removes everything that has expired by now, step by step. Damaged promises are passed over. */
export async function sweepOnce(engine: Engine, signal?: AbortSignal): Promise<void> {
  const until = engine.clock.now().wall;
  let after: Expiring | null = null;
  do {
    const expired: Expiring[] = await listExpired(engine.store, { until, after, limit: STEP });
    await Promise.all(expired.map(({ id }) => forgetExpired(engine, id)));
    after = expired.length < STEP ? null : expired.at(-1)!;
  } while (after !== null && !signal?.aborted);
}

async function forgetExpired(engine: Engine, id: PromiseId): Promise<void> {
  await changeSettled(engine, id, async (record: SettledRecord) => {
    // A hit may have kept it meanwhile.
    if (record.life.expiresAt > engine.clock.now().wall) return;
    await engine.done({ type: "forget", records: [record] });
  });
}

/** Forgets a settled promise now; whether it was there and settled. */
export async function forgetNow(engine: Engine, id: PromiseId): Promise<boolean> {
  const record = await readPromise(engine.store, id);
  if (record === null || record === "damaged" || !isSettled(record)) return false;
  const done = await changeSettled(engine, id, async (settled) => {
    await engine.done({ type: "forget", records: [settled] });
    return true;
  });
  return done === true;
}
