// What the read side reads from: the store, a nudge when something has become durable, and live facts that nobody
// stores. It never sees a worker or the write side.

import type { Clock } from "../base/clock.ts";
import type { Wake } from "../base/wake.ts";
import type { PromiseId } from "../core/ids.ts";
import { type Refusal, refuse } from "../core/problem.ts";
import { isSettled, type PromiseRecord } from "../core/promise.ts";
import type { RecordCache } from "../store/cache.ts";
import type { KV } from "../store/kv.ts";
import type { Content } from "../core/command.ts";
import { readInput } from "../store/layout.ts";

/** Facts about pending promises that are worth showing and are not stored. */
export interface LiveView {
  /** How far an attempt is; null: nobody has told. */
  progress(
    id: PromiseId,
  ): { readonly fraction: number | null; readonly message: string | null } | null;
  /** How many jobs go before a queued one; null: not known. */
  position(id: PromiseId): number | null;
  /** Why a pending job does not run; null: it runs, or is about to. */
  waiting(record: PromiseRecord): { readonly code: string; readonly text: string } | null;
}

/** Where the read side reads. */
export interface Source {
  readonly store: KV;
  /** Records and small values that were read or written lately. */
  readonly records: RecordCache;
  readonly clock: Clock;
  readonly wake: Wake;
  readonly live: LiveView;
}

/** A promise as it is stored; refused if it never was, has expired, or is damaged. */
export async function findPromise(source: Source, id: PromiseId): Promise<PromiseRecord | Refusal> {
  const record = await source.records.read(id);
  if (record === "damaged") {
    return refuse("damaged", { detail: `Cannot read promise "${id}": its record is damaged` });
  }
  if (record === null || isExpired(record, source.clock.now().wall)) {
    return refuse("not-found", {
      detail: `Cannot find promise "${id}": it never existed, or has expired`,
    });
  }
  return record;
}

/** A promise's input as it was posted. */
export async function findInput(source: Source, record: PromiseRecord): Promise<Content | Refusal> {
  const input = record.input ?? await readInput(source.store, record.id);
  if (input !== null && input !== "damaged") return input.posted;
  const detail = `Cannot read the input of promise "${record.id}": it is damaged`;
  return refuse("damaged", { detail });
}

/** Whether a promise's time is over, swept or not. */
export function isExpired(record: PromiseRecord, wall: number): boolean {
  return isSettled(record) && record.life.expiresAt <= wall;
}

/** What ended a wait. */
export interface Waited {
  readonly record: PromiseRecord | Refusal;
  /** What was waited for is so; else the time was over, or the client has gone. */
  readonly isReached: boolean;
}

/** Waits, at most `ms`, until a promise is as wanted, and answers with it as it is then. Something that was waited for is not taken for expired. */
export async function waitFor(
  source: Source,
  id: PromiseId,
  { isWanted, ms, signal }: {
    isWanted: (record: PromiseRecord) => boolean;
    ms: number;
    signal: AbortSignal | undefined;
  },
): Promise<Waited> {
  const until = source.clock.now().mono + ms;
  for (let isFirst = true;; isFirst = false) {
    // The nudge is awaited from before the look, so that none can fall between.
    const nudge = nextNudge(source, [id], { until, signal });
    const record = isFirst ? await findPromise(source, id) : await lookAgain(source, id);
    const isReached = !("refused" in record) && isWanted(record);
    const isOver = "refused" in record || isReached || signal?.aborted === true ||
      source.clock.now().mono >= until;
    if (isOver) {
      nudge.cancel();
      return { record, isReached };
    }
    await nudge.came;
  }
}

async function lookAgain(source: Source, id: PromiseId): Promise<PromiseRecord | Refusal> {
  const record = await source.records.read(id);
  return record === null || record === "damaged" ? findPromise(source, id) : record;
}

/** The next nudge of any of these promises, the end of a time, or an abort, whichever comes first. */
export function nextNudge(
  source: Source,
  ids: readonly PromiseId[],
  { until, signal }: { until: number; signal: AbortSignal | undefined },
): { readonly came: Promise<void>; cancel(): void } {
  const { promise: came, resolve } = Promise.withResolvers<void>();
  const offs = ids.map((id) => source.wake.on(id, end));
  const disarm = until === Infinity ? null : source.clock.timer(until, end);
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) end();
  function end(): void {
    for (const off of offs) off();
    disarm?.();
    signal?.removeEventListener("abort", end);
    resolve();
  }
  return { came, cancel: end };
}
