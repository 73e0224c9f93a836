// A lease is the right of one worker to one attempt. This file begins and ends leases; what a worker sends
// under one is in attempt.ts.
//
// L1. A pending promise has at most one held lease. A lease is held until its promise is settled or the attempt
//     ends otherwise; then it is gone, or `cancelling` until the worker says that it has stopped, or the
//     cancel grace is over. Only then is its slot free.
// L2. A lost lease is lost for good: whatever comes under it changes nothing and is answered with `lost`.
// L3. A job that was lost with its worker goes to the head of its queues without back-off. A loss counts
//     towards `attempts` only where the job ran alone, so that neighbours are not blamed.
// L4. A job that took down two workers is quarantined: it runs alone, and a third loss rejects it as `lost`.

import { assert } from "../base/assert.ts";
import type { Mono, Now } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Draft } from "./change.ts";
import { type LeaseId, newLeaseId, type PromiseId } from "./ids.ts";
import { type PromiseRecord, withAttempt } from "./promise.ts";
import { freeSlots, type Session } from "./session.ts";
import { reject, withoutChunks } from "./settle.ts";
import type { Entry, State, Timer } from "./state.ts";

/** The right of one worker to one attempt. Only steps alter it. */
export interface Lease {
  readonly id: LeaseId;
  readonly promise: PromiseId;
  readonly session: Session;
  readonly attempt: number;
  readonly startedAt: Mono;
  state: "held" | "cancelling";
  /** The attempt's time limit, or the end of the cancel grace. */
  timer: Timer | null;
  /** Its job is quarantined: the worker gets no other until it has ended (L4). */
  readonly isAlone: boolean;
}

/** Losses of workers after which a job runs alone (L4). */
export const QUARANTINE_LOSSES = 2;
const LOSSES_MAX = 3;
/** How often a worker may come back without a lease before somebody is blamed. */
const DROPS_MAX = 2;

/** Whether a job may only run alone on a worker (L4). */
export function isQuarantined(record: PromiseRecord): boolean {
  return record.losses >= QUARANTINE_LOSSES;
}

/** Gives a ready job to a session's free slot. */
export function start(
  state: State,
  draft: Draft,
  { entry, session, now, random }: {
    entry: Entry;
    session: Session;
    now: Now;
    random: Random;
  },
): Lease {
  assert(entry.place === "ready", "only a ready job is started"); // L1
  assert(freeSlots(session) > 0, "a job is given to a free slot only"); // W2
  const { record } = entry;
  const isAlone = isQuarantined(record);
  assert(!isAlone || session.leases.size === 0, "a quarantined job runs alone"); // L4
  const lease: Lease = {
    id: newLeaseId(random),
    promise: record.id,
    session,
    attempt: record.attempt + 1,
    startedAt: now.mono,
    state: "held",
    timer: null,
    isAlone,
  };
  state.leases.set(lease.id, lease);
  session.leases.set(lease.id, lease);
  state.put(draft, entry, {
    ...record,
    attempt: lease.attempt,
    startedAt: record.startedAt ?? now.wall,
    life: {
      state: "pending",
      doing: "running",
      lease: lease.id,
      session: session.id,
      worker: session.name,
      principal: session.principal,
      since: now.wall,
    },
  }, now);
  limitAttempt(state, lease, entry.record);
  draft.effect({ type: "started", promise: record.id, session: session.id, lease: lease.id });
  draft.effect({ type: "wake", promise: record.id });
  return lease;
}

/** Sets, or sets anew after the interests changed, the attempt's time limit. */
export function limitAttempt(state: State, lease: Lease, record: PromiseRecord): void {
  const { timeoutMs } = record.wishes;
  state.disarm(lease.timer);
  lease.timer = timeoutMs === null
    ? null
    : state.arm(lease.startedAt + timeoutMs, { type: "lease", id: lease.id });
}

/** The held lease of a running promise. */
export function leaseOf(state: State, record: PromiseRecord): Lease | null {
  const { life } = record;
  return life.state === "pending" && life.doing === "running"
    ? state.leases.get(life.lease) ?? null
    : null;
}

/** Ends a lease: its slot is free. */
export function freeLease(state: State, draft: Draft, lease: Lease, now: Now): void {
  const { session } = lease;
  state.disarm(lease.timer);
  lease.timer = null;
  state.leases.delete(lease.id);
  session.leases.delete(lease.id);
  draft.effect({
    type: "freed",
    promise: lease.promise,
    session: session.id,
    ranMs: now.mono - lease.startedAt,
  });
  if (session.isDraining && session.leases.size === 0) {
    draft.effect({ type: "drained", session: session.id });
  }
}

/** Tells the worker to stop; the slot stays taken until it has, or the cancel grace is over (L1). */
export function cancelLease(
  state: State,
  draft: Draft,
  lease: Lease,
  { reason, now }: { reason: string; now: Now },
): void {
  assert(lease.state === "held", "a lease is cancelled once");
  lease.state = "cancelling";
  state.disarm(lease.timer);
  lease.timer = state.arm(now.mono + state.settings.cancelGraceMs, { type: "lease", id: lease.id });
  draft.effect({ type: "cancel", session: lease.session.id, lease: lease.id, reason });
}

/** The worker is gone, or gave the lease up: the job runs again, unless it has done harm enough (L3, L4). */
export function loseLease(
  state: State,
  draft: Draft,
  lease: Lease,
  { now, isBlamed, isAlone }: { now: Now; isBlamed: boolean; isAlone: boolean },
): void {
  const isHeld = lease.state === "held";
  freeLease(state, draft, lease, now);
  if (!isHeld) return;
  const entry = state.promises.get(lease.promise)!;
  if (isBlamed) lease.session.lost++;
  const losses = entry.record.losses + (isBlamed ? 1 : 0);
  const spent = entry.record.spent + (isBlamed && isAlone ? 1 : 0);
  const after = { ...entry.record, losses, spent };
  const isOver = isBlamed && isAlone && (losses >= LOSSES_MAX || spent >= after.wishes.attempts);
  if (isOver) {
    const message = losses >= LOSSES_MAX
      ? `It took down ${losses} workers, the last one ("${lease.session.name}") while running alone`
      : `Its worker "${lease.session.name}" was lost in attempt ${lease.attempt} of ${after.wishes.attempts}`;
    const error = { reason: "lost", name: "lost", message, retryable: true, detail: null } as const;
    return reject(state, draft, { entry, record: after, error, now });
  }
  state.put(draft, entry, {
    ...withoutChunks(draft, after),
    history: withAttempt(after, now.wall, "lost", "The worker was lost"),
    life: { state: "pending", doing: "waiting", retryAt: null, isFirst: true },
  }, now);
  draft.effect({ type: "wake", promise: lease.promise });
}

/** A worker came back and did not name a lease: it runs again without blame, the first times. */
export function dropLease(
  state: State,
  draft: Draft,
  lease: Lease,
  { now, isAlone }: { now: Now; isAlone: boolean },
): void {
  const entry = state.promises.get(lease.promise)!;
  const dropped = entry.record.dropped + 1;
  state.put(draft, entry, { ...entry.record, dropped }, now);
  loseLease(state, draft, lease, { now, isBlamed: dropped > DROPS_MAX, isAlone });
}
