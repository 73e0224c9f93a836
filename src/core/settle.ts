// The end of a promise: fulfilled or rejected, once (P1).

import type { Now } from "../base/clock.ts";
import type { Draft } from "./change.ts";
import { settingsOf } from "./kind.ts";
import { type PromiseRecord, type Result, withAttempt } from "./promise.ts";
import type { Entry, State } from "./state.ts";
import type { JobError } from "./terms.ts";

/** Fulfils a promise. `ttlMs`: what the worker says of how long the result is good for; null: as the posts asked. */
export function fulfill(
  state: State,
  draft: Draft,
  { entry, record, result, ttlMs, now }: {
    entry: Entry;
    record: PromiseRecord;
    result: Result;
    ttlMs: number | null;
    now: Now;
  },
): void {
  const settled: PromiseRecord = {
    ...record,
    history: withAttempt(record, now.wall, "fulfilled", null),
    life: {
      state: "fulfilled",
      result,
      settledAt: now.wall,
      expiresAt: now.wall + (ttlMs ?? record.wishes.ttlMs),
    },
  };
  finish(state, draft, entry, { settled, now });
}

/** Rejects a promise. A failure that is not retryable is given to equal jobs for a while; nothing else is. */
export function reject(
  state: State,
  draft: Draft,
  { entry, record, error, now }: {
    entry: Entry;
    record: PromiseRecord;
    error: JobError;
    now: Now;
  },
): void {
  const { ttlMs } = record.wishes;
  const isReused = error.reason === "failed" && !error.retryable;
  const kind = state.kinds.get(record.kind);
  const { failureTtlMs } = kind
    ? settingsOf(kind, state.settings.defaults)
    : state.settings.defaults;
  const settled: PromiseRecord = {
    ...withoutChunks(draft, record),
    history: withAttempt(record, now.wall, error.reason, error.message),
    life: {
      state: "rejected",
      error,
      settledAt: now.wall,
      expiresAt: now.wall + ttlMs,
      reusableUntil: isReused ? now.wall + Math.min(ttlMs, failureTtlMs) : now.wall,
    },
  };
  finish(state, draft, entry, { settled, now });
}

/** A record without the chunks of a value that will not be finished: a new attempt begins anew (A1). */
export function withoutChunks(draft: Draft, record: PromiseRecord): PromiseRecord {
  if (record.chunks === 0) return record;
  draft.change({ type: "drop-pieces", promise: record.id });
  return { ...record, chunks: 0, chunkBytes: 0 };
}

function finish(
  state: State,
  draft: Draft,
  entry: Entry,
  { settled, now }: { settled: PromiseRecord; now: Now },
): void {
  state.put(draft, entry, settled, now);
  draft.effect({ type: "settled", promise: settled.id, key: settled.key });
  draft.effect({ type: "wake", promise: settled.id });
}
