// One post: a pending promise is joined, a settled one reused if it may be, else a new one is made.

import type { PostCommand } from "../core/command.ts";
import type { PromiseId } from "../core/ids.ts";
import { type Refusal, refuse } from "../core/problem.ts";
import { isReusable, isSettled, reusableUntil, type SettledRecord } from "../core/promise.ts";
import type { Sharing } from "../core/terms.ts";
import { readCurrent } from "../store/layout.ts";
import type { Engine } from "./engine.ts";
import { reuseSettled } from "./settled.ts";

/** What is posted, and which stored result would do. */
export interface PostRequest {
  readonly command: PostCommand;
  /** A stored result may have settled at most so long ago, in ms; null: any time. */
  readonly maxAgeMs: number | null;
  /** Run nothing. */
  readonly isStoredOnly: boolean;
}

/** What a post got. */
export interface Posted {
  readonly promise: PromiseId;
  readonly sharing: Sharing;
  /** Of a reused promise: how much longer equal posts may get it, in ms; else 0. */
  readonly freshMs: number;
}

/** Posts a job; resolves when the answer is durable. @throws {HeartyError} `storage-unavailable` */
export async function post(engine: Engine, request: PostRequest): Promise<Posted | Refusal> {
  const { key } = request.command;
  const unpin = engine.pin(key);
  try {
    let settled = engine.current(key) ? null : await storedUnder(engine, key);
    // Memory is asked again after each wait: it may have changed meanwhile.
    for (let entry = engine.current(key); entry; entry = engine.current(key)) {
      if (!isSettled(entry.record)) return await join(engine, request);
      if (entry.record === settled) break;
      settled = entry.record;
      await engine.durable;
    }
    return await reuseOrCreate(engine, request, settled);
  } finally {
    unpin();
  }
}

async function storedUnder(
  engine: Engine,
  key: PostCommand["key"],
): Promise<SettledRecord | null> {
  const id = await readCurrent(engine.store, key);
  if (id === null) return null;
  const record = await engine.records.read(id);
  // A damaged one is as good as none: the job is run again.
  return record !== null && record !== "damaged" && isSettled(record) ? record : null;
}

async function join(engine: Engine, request: PostRequest): Promise<Posted | Refusal> {
  const outcome = await engine.done(request.command);
  if (outcome.type === "refused") return outcome.refusal;
  if (outcome.type !== "posted") throw new TypeError("A post has an outcome");
  return { promise: outcome.promise, sharing: outcome.sharing, freshMs: 0 };
}

async function reuseOrCreate(
  engine: Engine,
  request: PostRequest,
  settled: SettledRecord | null,
): Promise<Posted | Refusal> {
  const { wall } = engine.clock.now();
  const { command, maxAgeMs, isStoredOnly } = request;
  const isGood = settled !== null && isReusable(settled, wall, null);
  if (isGood && isReusable(settled, wall, maxAgeMs)) {
    const kept = await reuseSettled(engine, settled, command.wish.ttlMs);
    if (kept) return { promise: kept.id, sharing: "reused", freshMs: reusableUntil(kept) - wall };
  }
  if (isStoredOnly) {
    return refuse("not-stored", {
      detail: `Cannot answer from the store: no promise of kind "${command.kind}" has this key`,
    });
  }
  const posted = await join(engine, request);
  const isStale = isGood && "sharing" in posted && posted.sharing === "created";
  return isStale ? { ...posted, sharing: "stale" } : posted;
}
