// An interest is one owner's and queue's wish for a promise. The promise lives while there is one.
//
// N1. At most one interest a promise for each (owner, queue).
// N2. What the interests ask for is combined so that nobody's limits fail another's job: the highest priority,
//     the longest ttl and timeout (null is unlimited), the most attempts, the earliest deadline.
// N3. An interest stays while it is lasting or has a hold; a hold ends with the connection that made it.

import type { Time } from "../base/clock.ts";
import type { Priority } from "./terms.ts";

/** One owner's and queue's wish for a promise. */
export interface Interest {
  readonly owner: string;
  readonly queue: string;
  readonly priority: Priority;
  /** How long the settled promise is kept, in ms. */
  readonly ttlMs: number;
  /** Longest run of one attempt, in ms; null: unlimited. */
  readonly timeoutMs: number | null;
  readonly attempts: number;
  /** Not to be started before this for this interest's sake; null: at once. */
  readonly notBefore: Time | null;
  /** When it should be ready; orders, cancels nothing. */
  readonly deadline: Time | null;
  readonly since: Time;
  /** Whether it stays without a connection. */
  readonly isLasting: boolean;
  /** Connections that hold it while they last. */
  readonly holds: number;
}

/** What holds for a promise: its interests combined (N2). */
export interface Wishes {
  readonly priority: Priority;
  readonly ttlMs: number;
  readonly timeoutMs: number | null;
  readonly attempts: number;
  readonly deadline: Time | null;
  /** Null if an interest wants it now, else the earliest time that one does. */
  readonly notBefore: Time | null;
}

/** Combines interests (N2); there must be one. */
export function combine(interests: readonly Interest[]): Wishes {
  let { priority, ttlMs, timeoutMs, attempts, deadline, notBefore } = interests[0]!;
  for (const i of interests) {
    if (i.priority > priority) priority = i.priority;
    if (i.ttlMs > ttlMs) ttlMs = i.ttlMs;
    timeoutMs = timeoutMs === null || i.timeoutMs === null
      ? null
      : Math.max(timeoutMs, i.timeoutMs);
    if (i.attempts > attempts) attempts = i.attempts;
    if (i.deadline !== null && (deadline === null || i.deadline < deadline)) deadline = i.deadline;
    notBefore = notBefore === null || i.notBefore === null
      ? null
      : Math.min(notBefore, i.notBefore);
  }
  return { priority, ttlMs, timeoutMs, attempts, deadline, notBefore };
}

/** How many different owners want it. */
export function countOwners(interests: readonly Interest[]): number {
  return interests.length === 1 ? 1 : new Set(interests.map((i) => i.owner)).size;
}

/** The interests after one owner's and queue's was put in or changed (N1). */
export function withInterest(interests: readonly Interest[], put: Interest): readonly Interest[] {
  const at = interests.findIndex((i) => i.owner === put.owner && i.queue === put.queue);
  return at < 0 ? [...interests, put] : interests.with(at, put);
}

/** Whether an interest is this owner's, in this queue or, with null, in any. */
export function isOf(interest: Interest, owner: string, queue: string | null): boolean {
  return interest.owner === owner && (queue === null || interest.queue === queue);
}
