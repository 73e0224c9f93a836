// Changes of settled promises, which are in the store and not in memory: read, step, commit, one at a time for each
// promise, so that no change is made on an outdated record.

import type { PromiseId } from "../core/ids.ts";
import { isSettled, type SettledRecord } from "../core/promise.ts";
import type { Engine } from "./engine.ts";

const turns = new WeakMap<Engine, Map<PromiseId, Promise<unknown>>>();

/** A hit stays readable a while longer. Resolves when that is durable, with the record as it is then; null if it has gone meanwhile. */
export async function reuseSettled(
  engine: Engine,
  record: SettledRecord,
  ttlMs: number | null,
): Promise<SettledRecord | null> {
  const { outcome } = engine.preview({ type: "reuse", record, ttlMs });
  // Most hits change nothing, and need neither turn nor commit.
  if (outcome.type === "record" && outcome.record === record) return record;
  return await changeSettled(engine, record.id, async (now) => {
    const done = await engine.done({ type: "reuse", record: now, ttlMs });
    return done.type === "record" && isSettled(done.record) ? done.record : now;
  });
}

/** Runs `change` on a settled promise as it is stored, alone; null if it is not there or not settled. */
export function changeSettled<T>(
  engine: Engine,
  id: PromiseId,
  change: (record: SettledRecord) => Promise<T>,
): Promise<T | null> {
  const all = turns.get(engine) ?? new Map<PromiseId, Promise<unknown>>();
  turns.set(engine, all);
  const turn = (all.get(id) ?? Promise.resolve()).then(async () => {
    await engine.durable;
    const record = await engine.records.read(id);
    return record !== null && record !== "damaged" && isSettled(record) ? change(record) : null;
  });
  const quiet = turn.then(() => undefined, () => undefined).then(() => {
    if (all.get(id) === quiet) all.delete(id);
  });
  all.set(id, quiet);
  return turn;
}
