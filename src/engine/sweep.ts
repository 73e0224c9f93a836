// Expiry: settled promises whose time has come go, in small steps, so that nobody else waits for it.

import { sleep } from "../base/clock.ts";
import type { PromiseId } from "../core/ids.ts";
import { isSettled, type SettledRecord } from "../core/promise.ts";
import { listExpired, readLastId, readPromise } from "../store/layout.ts";
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
    let swept = 0;
    try {
      if (engine.isWritable) swept = await sweepStep(engine);
    } catch (error) {
      onFault(error);
    }
    if (swept < STEP) await sleep(engine.clock, EVERY_MS, signal);
  }
}

/** Removes up to `STEP` expired promises; how many there were. */
export async function sweepStep(engine: Engine): Promise<number> {
  const until = engine.clock.now().wall;
  const expired = await listExpired(engine.store, { until, limit: STEP });
  if (expired.length === 0) return 0;
  const newest = await readLastId(engine.store);
  await Promise.all(expired.map(({ id }) => forgetExpired(engine, id, newest ?? id)));
  return expired.length;
}

async function forgetExpired(engine: Engine, id: PromiseId, newest: PromiseId): Promise<void> {
  await changeSettled(engine, id, async (record: SettledRecord) => {
    // A hit may have kept it meanwhile.
    if (record.life.expiresAt > engine.clock.now().wall) return;
    await engine.done({ type: "forget", records: [record], newest });
  });
}

/** Forgets a settled promise now; whether it was there and settled. */
export async function forgetNow(engine: Engine, id: PromiseId): Promise<boolean> {
  const record = await readPromise(engine.store, id);
  if (record === null || record === "damaged" || !isSettled(record)) return false;
  const newest = await readLastId(engine.store);
  const done = await changeSettled(engine, id, async (settled) => {
    await engine.done({ type: "forget", records: [settled], newest: newest ?? id });
    return true;
  });
  return done === true;
}
