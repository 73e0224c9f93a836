// A free slot gets the next job: the scheduler's books, and who gets which slot.
//
// F1. A job is chosen only when a slot is free for it, so the order is decided at the last moment.
// F2. A quarantined job waits beside the policy. One at a time reserves the eligible worker with the fewest
//     leases, which gets no other job until that one has ended.
// F3. The policy hears of each job in the order of its life: added; changed, removed or started; finished; and then
//     perhaps added again.

import { unreachable } from "../base/assert.ts";
import type { Now } from "../base/clock.ts";
import type { Effect } from "../core/change.ts";
import type { Command } from "../core/command.ts";
import type { KindName, PromiseId, SessionId } from "../core/ids.ts";
import type { Interest } from "../core/interest.ts";
import { isQuarantined } from "../core/lease.ts";
import type { PromiseRecord } from "../core/promise.ts";
import { freeSlots, groupOf, isOpen, runsAlone, type Session } from "../core/session.ts";
import type { Entry, State } from "../core/state.ts";
import { place } from "../schedule/place.ts";
import type { Claim, Policy, ReadyJob, Slot } from "../schedule/policy.ts";

/** What the filler needs of the engine. */
interface Steps {
  readonly state: State;
  run(command: Command): unknown;
}

/** What a step says of jobs that wait and of slots. */
export type SlotEffect = Extract<
  Effect,
  { type: "ready" | "claims" | "unready" | "started" | "freed" | "slots" }
>;

/** How long a job of a kind that has never run is expected to take, in ms. */
const FIRST_ESTIMATE_MS = 1_000;
/** How much the newest run counts in a kind's moving average. */
const AVERAGE_WEIGHT = 0.2;

/** Gives free slots to jobs. */
export class Filler {
  readonly policy: Policy;
  readonly #steps: Steps;
  /** Jobs that wait with the policy. */
  readonly #waiting: Set<PromiseId> = new Set();
  /** Jobs that the policy was told to have started. */
  readonly #charged: Map<PromiseId, KindName> = new Map();
  /** Quarantined jobs that are ready, in order of arrival. */
  readonly #quarantine: Set<PromiseId> = new Set();
  /** The quarantined job that is next, and the worker that is kept free for it (F2). */
  #reserved: { readonly promise: PromiseId; readonly session: Session } | null = null;
  /** Sessions that have a free slot. */
  readonly #free: Set<Session> = new Set();
  readonly #averages: Map<KindName, number> = new Map();
  /** Whether a job or a slot has come since the last filling. */
  #isDue = false;

  constructor(steps: Steps, policy: Policy) {
    this.#steps = steps;
    this.policy = policy;
  }

  /** Memory was rebuilt: forgets everything. The policy is emptied job by job. */
  reset(now: Now): void {
    for (const id of this.#charged.keys()) this.policy.finish(id, 0, now.wall);
    for (const id of this.#waiting) this.policy.remove(id, now.wall);
    this.#charged.clear();
    this.#waiting.clear();
    this.#quarantine.clear();
    this.#slots();
  }

  /** Takes note of what a step has done. */
  follow(effect: SlotEffect, now: Now): void {
    switch (effect.type) {
      case "ready":
        return this.#add(effect.promise, now);
      case "claims":
        return this.#change(effect.promise, now);
      case "unready":
        return this.#remove(effect.promise, now);
      case "started":
        return this.#started(effect.promise, effect.session, now);
      case "freed":
        return this.#freed(effect, now);
      case "slots":
        return this.#slots();
      default:
        unreachable(effect);
    }
  }

  /** Gives every free slot away that somebody can use (F1). */
  fill(now: Now): void {
    if (!this.#isDue) return;
    // Starting a job comes back here.
    this.#isDue = false;
    this.#fillAlone();
    while (this.policy.size > 0 && this.#free.size > 0) {
      const job = this.policy.next(this.#slot, now.wall);
      if (!job) break;
      const session = this.#choose(job.group)!;
      this.#steps.run({ type: "start", promise: job.id, session: session.id });
    }
  }

  /** How many slots the connected workers have for a group's jobs, and how many of them are free. */
  capacity(group: string): { slots: number; free: number } {
    let slots = 0, free = 0;
    for (const session of this.#steps.state.sessions.values()) {
      if (!isOpen(session) || !session.groups.has(group)) continue;
      slots += session.concurrency;
      free += freeSlots(session);
    }
    return { slots, free };
  }

  #add(id: PromiseId, now: Now): void {
    const entry = this.#steps.state.promises.get(id)!;
    // The same step may have settled it in the end.
    if (entry.place !== "ready") return;
    this.#isDue = true;
    if (isQuarantined(entry.record)) return void this.#quarantine.add(id);
    this.#waiting.add(id);
    this.policy.add(readyJob(entry, now), now.wall);
  }

  #change(id: PromiseId, now: Now): void {
    const entry = this.#steps.state.promises.get(id);
    if (!entry || (!this.#waiting.has(id) && !this.#charged.has(id))) return;
    this.policy.change(readyJob(entry, now), now.wall);
  }

  #remove(id: PromiseId, now: Now): void {
    if (this.#waiting.delete(id)) this.policy.remove(id, now.wall);
    // Others may have the worker that was kept for it.
    if (this.#quarantine.delete(id)) this.#isDue = true;
  }

  #started(id: PromiseId, session: SessionId, now: Now): void {
    if (this.#waiting.delete(id)) {
      const { kind } = this.#steps.state.promises.get(id)!.record;
      this.#charged.set(id, kind);
      this.policy.start(id, this.#averages.get(kind) ?? FIRST_ESTIMATE_MS, now.wall);
    }
    this.#quarantine.delete(id);
    this.#look(session);
  }

  #freed(
    { promise, session, ranMs }: Extract<Effect, { type: "freed" }>,
    now: Now,
  ): void {
    this.#isDue = true;
    const kind = this.#charged.get(promise);
    if (kind !== undefined) {
      this.#charged.delete(promise);
      const average = this.#averages.get(kind) ?? ranMs;
      this.#averages.set(kind, average + AVERAGE_WEIGHT * (ranMs - average));
      this.policy.finish(promise, ranMs, now.wall);
    }
    this.#look(session);
  }

  #slots(): void {
    this.#isDue = true;
    this.#free.clear();
    for (const session of this.#steps.state.sessions.values()) {
      if (freeSlots(session) > 0) this.#free.add(session);
    }
  }

  #look(id: SessionId): void {
    const session = this.#steps.state.sessions.get(id);
    if (!session) return;
    if (freeSlots(session) > 0) this.#free.add(session);
    else this.#free.delete(session);
  }

  readonly #slot: Slot = { takes: (group) => this.#choose(group) !== null };

  #choose(group: string): Session | null {
    const eligible: Session[] = [];
    for (const session of this.#free) {
      if (session.groups.has(group) && session !== this.#reserved?.session) eligible.push(session);
    }
    if (eligible.length < 2) return eligible[0] ?? null;
    const chosen = place(eligible.map((session) => ({
      id: session.id,
      free: freeSlots(session),
      concurrency: session.concurrency,
    })));
    return eligible.find((session) => session.id === chosen?.id) ?? null;
  }

  /** F2. */
  #fillAlone(): void {
    if (!this.#isReserved()) this.#reserved = this.#reserve();
    if (this.#reserved === null) return;
    const { promise, session } = this.#reserved;
    if (session.leases.size > 0) return;
    this.#reserved = null;
    this.#steps.run({ type: "start", promise, session: session.id });
  }

  /** Whether the reservation still makes sense. */
  #isReserved(): boolean {
    if (this.#reserved === null) return false;
    const { promise, session } = this.#reserved;
    return this.#quarantine.has(promise) && this.#isEligible(session, promise) &&
      this.#steps.state.sessions.get(session.id) === session;
  }

  #reserve(): { promise: PromiseId; session: Session } | null {
    if (this.#quarantine.size === 0) return null;
    const sessions = [...this.#steps.state.sessions.values()];
    if (sessions.some(runsAlone)) return null;
    for (const promise of this.#quarantine) {
      const eligible = sessions.filter((session) => this.#isEligible(session, promise));
      if (eligible.length === 0) continue;
      const session = eligible.reduce((a, b) => b.leases.size < a.leases.size ? b : a);
      return { promise, session };
    }
    return null;
  }

  #isEligible(session: Session, promise: PromiseId): boolean {
    const { record } = this.#steps.state.promises.get(promise)!;
    return isOpen(session) && session.groups.has(groupOf(record.kind, record.version));
  }
}

function readyJob({ record, arrival }: Entry, now: Now): ReadyJob {
  const { life, interests } = record;
  const wanted = interests.filter((i) => i.notBefore === null || i.notBefore <= now.wall);
  return {
    id: record.id,
    kind: record.kind,
    group: groupOf(record.kind, record.version),
    arrival,
    createdAt: record.createdAt,
    claims: (wanted.length > 0 ? wanted : interests).map((interest) => claimOf(interest, record)),
    isFirst: life.state === "pending" && life.doing === "waiting" && life.isFirst,
  };
}

/** A wish that names no deadline, but a time limit, is taken to want that much time from its post on. */
function claimOf(
  { owner, queue, priority, deadline, timeoutMs }: Interest,
  { createdAt }: PromiseRecord,
): Claim {
  const limit = timeoutMs === null ? null : createdAt + timeoutMs;
  return { owner, queue, priority, deadline: deadline ?? limit };
}
