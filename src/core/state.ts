// What is in memory: unfinished promises, leases, workers' sessions, kinds, and what is derived from them. Only
// steps alter it, and `put` is the one place where a promise's record is replaced, so that what is derived
// cannot drift.
//
// S1. Every unfinished promise is in exactly one place: ready (some slot may take it), waiting for a time, or
//     leased.
// S2. `waitingBy` counts, for each owner, the unfinished promises that the owner wants and nobody runs.
// S3. A settled promise stays until `release`: until its settling is durable and whoever looked its key up
//     before has stepped, so that nothing is computed twice.

import type { Mono, Now, Time } from "../base/clock.ts";
import { assert } from "../base/assert.ts";
import { Heap, type HeapMember } from "../base/heap.ts";
import type { Draft } from "./change.ts";
import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "./ids.ts";
import type { Interest } from "./interest.ts";
import type { KindDefaults, KindRecord } from "./kind.ts";
import type { Lease } from "./lease.ts";
import type { Limits } from "./limits.ts";
import type { PromiseRecord } from "./promise.ts";
import type { Session } from "./session.ts";

/** Where an unfinished promise is (S1). */
export type Place = "ready" | "timed" | "leased" | "settled";

/** A promise in memory. */
export interface Entry {
  record: PromiseRecord;
  place: Place;
  /** Order of arrival in this server's life. */
  readonly arrival: number;
  /** When its place or claims change by themselves. */
  timer: Timer | null;
}

/** Something that is due at a time. */
export interface Timer extends HeapMember {
  readonly at: Mono;
  readonly what:
    | { readonly type: "promise"; readonly id: PromiseId }
    | { readonly type: "lease"; readonly id: LeaseId }
    | { readonly type: "session"; readonly id: SessionId }
    | { readonly type: "orphans" };
}

/** Holds on an interest whose connections are gone. */
export interface OrphanedHolds {
  readonly promise: PromiseId;
  readonly owner: string;
  readonly queue: string;
  readonly count: number;
}

/** Settings that steps obey. */
export interface Settings {
  readonly limits: Limits;
  readonly defaults: KindDefaults;
  /** How long the leases of a broken connection stay open, in ms. */
  readonly graceMs: number;
  /** How long a cancelled attempt may keep its slot, in ms. */
  readonly cancelGraceMs: number;
}

/** The whole of the memory. */
export class State {
  readonly settings: Settings;
  readonly promises: Map<PromiseId, Entry> = new Map();
  /** The current promise of a key, while it is in memory. */
  readonly byKey: Map<JobKey, PromiseId> = new Map();
  readonly leases: Map<LeaseId, Lease> = new Map();
  readonly sessions: Map<SessionId, Session> = new Map();
  readonly sessionsByName: Map<string, Session> = new Map();
  readonly kinds: Map<KindName, KindRecord> = new Map();
  readonly timers: Heap<Timer> = new Heap((a, b) => a.at < b.at);
  readonly waitingBy: Map<string, number> = new Map();
  /** Holds of before a restart, and when they end; null: there are none. */
  orphans: { readonly timer: Timer; readonly holds: OrphanedHolds[] } | null = null;
  /** The greatest id ever made; null: there was none. */
  lastId: PromiseId | null = null;
  #arrivals = 0;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** When the next thing is due; null: nothing is. */
  get nextDue(): Mono | null {
    return this.timers.peek()?.at ?? null;
  }

  /** Takes in a promise that is new, or that was read from the store at the start. */
  admit(draft: Draft, record: PromiseRecord, now: Now): Entry {
    assert(!this.promises.has(record.id), "a promise is taken in once");
    const entry: Entry = {
      record,
      place: "settled",
      arrival: this.#arrivals++,
      timer: null,
    };
    this.promises.set(record.id, entry);
    this.byKey.set(record.key, record.id);
    this.#derive(draft, entry, null, now);
    return entry;
  }

  /** Replaces a promise's record, and what is derived from it. */
  put(draft: Draft, entry: Entry, record: PromiseRecord, now: Now): void {
    const was = entry.record;
    assert(was.id === record.id && was.life.state === "pending", "a promise is settled once"); // P1
    entry.record = record;
    draft.change({ type: "update", record, was });
    this.#derive(draft, entry, was, now);
  }

  /** Time has come for an entry whose timer fired. */
  due(draft: Draft, entry: Entry, now: Now): void {
    const before = entry.place;
    entry.timer = null;
    this.#derive(draft, entry, entry.record, now);
    if (before === "ready") draft.effect({ type: "claims", promise: entry.record.id });
    draft.effect({ type: "wake", promise: entry.record.id });
  }

  /** Lets a settled promise go from memory (S3). */
  release(id: PromiseId): void {
    const entry = this.promises.get(id);
    if (!entry) return;
    assert(entry.place === "settled", "only a settled promise is released");
    this.promises.delete(id);
    if (this.byKey.get(entry.record.key) === id) this.byKey.delete(entry.record.key);
  }

  /** Sets a timer. */
  arm(at: Mono, what: Timer["what"]): Timer {
    const timer: Timer = { at, what, heapIndex: -1 };
    this.timers.push(timer);
    return timer;
  }

  /** Forgets a timer, if it is still to come. */
  disarm(timer: Timer | null): void {
    if (timer) this.timers.remove(timer);
  }

  #derive(draft: Draft, entry: Entry, was: PromiseRecord | null, now: Now): void {
    const { record } = entry;
    const before = entry.place;
    const place = placeOf(record, now.wall);
    entry.place = place;
    this.#count(before, was, place, record);
    this.#rearm(entry, now);
    if (place === "ready" && before !== "ready") {
      draft.effect({ type: "ready", promise: record.id });
    } else if (before === "ready" && place !== "ready") {
      // A job that is started leaves the policy by `started`, not by `unready`.
      if (place !== "leased") draft.effect({ type: "unready", promise: record.id });
    } else if (was && was.interests !== record.interests && place !== "settled") {
      if (place !== "timed") draft.effect({ type: "claims", promise: record.id });
    }
  }

  /** Keeps S2. */
  #count(before: Place, was: PromiseRecord | null, place: Place, record: PromiseRecord): void {
    const didWait = was !== null && isWaiting(before);
    const waits = isWaiting(place);
    if (didWait === waits && was?.interests === record.interests) return;
    if (didWait) { for (const owner of ownersOf(was.interests)) this.#add(owner, -1); }
    if (waits) { for (const owner of ownersOf(record.interests)) this.#add(owner, 1); }
  }

  #add(owner: string, count: number): void {
    const sum = (this.waitingBy.get(owner) ?? 0) + count;
    assert(sum >= 0, "no owner has fewer than no jobs waiting"); // S2
    if (sum === 0) this.waitingBy.delete(owner);
    else this.waitingBy.set(owner, sum);
  }

  #rearm(entry: Entry, now: Now): void {
    const due = dueAt(entry.record, now.wall);
    const at = due === null ? null : now.mono + (due - now.wall);
    if (entry.timer && entry.timer.at === at) return;
    this.disarm(entry.timer);
    entry.timer = at === null ? null : this.arm(at, { type: "promise", id: entry.record.id });
  }
}

/** Where a promise belongs at a time (S1). */
export function placeOf(record: PromiseRecord, wall: Time): Place {
  const { life, wishes } = record;
  if (life.state !== "pending") return "settled";
  if (life.doing === "running") return "leased";
  if (life.retryAt !== null && life.retryAt > wall) return "timed";
  return wishes.notBefore !== null && wishes.notBefore > wall ? "timed" : "ready";
}

/** When a promise's place or the claims on it change by themselves; null: never. */
function dueAt(record: PromiseRecord, wall: Time): Time | null {
  const { life } = record;
  if (life.state !== "pending" || life.doing === "running") return null;
  if (life.retryAt !== null && life.retryAt > wall) return life.retryAt;
  let due: Time | null = null;
  for (const { notBefore } of record.interests) {
    if (notBefore !== null && notBefore > wall && (due === null || notBefore < due)) {
      due = notBefore;
    }
  }
  return due;
}

function isWaiting(place: Place): boolean {
  return place === "ready" || place === "timed";
}

function ownersOf(interests: readonly Interest[]): Iterable<string> {
  return interests.length === 1
    ? [interests[0]!.owner]
    : new Set(interests.map((interest) => interest.owner));
}
