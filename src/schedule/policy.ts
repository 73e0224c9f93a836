// Who is next. A policy keeps the jobs that could run, and answers which of them a free slot gets. It is pure:
// the clock is passed in, and it never sees a worker, a store or a promise.
//
// Q1. `next` answers a job that was added and not removed, and whose group the slot can take; it does not
//     remove it: the engine calls `start` when the lease is made.
// Q2. A job of a group that no slot can take holds up no other.
// Q3. No operation's cost depends on the number of queued jobs but by its logarithm.

import type { Time } from "../base/clock.ts";
import type { KindName, PromiseId } from "../core/ids.ts";
import type { Priority } from "../core/terms.ts";

/** Jobs that the same workers can take: one kind and version (and, later, required labels). */
export type Group = string;

/** One interest, as far as it matters for who is next. */
export interface Claim {
  readonly owner: string;
  readonly queue: string;
  readonly priority: Priority;
  readonly deadline: Time | null;
}

/** A job that could run now. */
export interface ReadyJob {
  readonly id: PromiseId;
  readonly kind: KindName;
  readonly group: Group;
  /** Where it stands among jobs of equal right: arrival; smaller is earlier. Unique. */
  readonly arrival: number;
  /** When the first post came. */
  readonly createdAt: Time;
  /** Everybody who wants it now; at least one. */
  readonly claims: readonly Claim[];
  /** Goes to the head of its queues: it was running and lost its worker through no fault of its own. */
  readonly isFirst: boolean;
}

/** Which jobs a free slot could take. */
export interface Slot {
  /** Whether some free worker takes jobs of this group, and neither the kind nor a limit holds it back. */
  takes(group: Group): boolean;
}

/** A scheduling policy. One instance serves one server; every call is synchronous. */
export interface Policy {
  /** Takes in a job. It must not be there. */
  add(job: ReadyJob, now: Time): void;
  /** The claims of a job that is there, or running, have changed: somebody joined, left, moved. */
  change(job: ReadyJob, now: Time): void;
  /** Forgets a job that is there (cancelled, withdrawn); true if it was. */
  remove(id: PromiseId, now: Time): boolean;
  /** Who is next for this slot (Q1), or null. */
  next(slot: Slot, now: Time): ReadyJob | null;
  /** The job that `next` answered got the slot; `estimateMs` is how long it is expected to hold it. */
  start(id: PromiseId, estimateMs: number, now: Time): void;
  /** Time has passed: running jobs are charged for it. Called about once a second. */
  charge(now: Time): void;
  /** A running job's slot is free again after `ranMs`. */
  finish(id: PromiseId, ranMs: number, now: Time): void;
  /** How many jobs wait. */
  readonly size: number;
  /** How many waiting jobs, of whatever group, stand before this one; null: it is not here, or that is not known cheaply. */
  position(id: PromiseId): number | null;
}
