// A free slot gets the next job: the scheduler's books, and who gets which slot.
//
// F1. A job is chosen only when a slot is free for it, so the order is decided at the last moment.
// F2. A quarantined job waits beside the policy. One at a time reserves the eligible worker with the fewest
//     leases, which gets no other job until that one has ended.

import type { Now } from "../base/clock.ts";
import type { KindName, PromiseId, SessionId } from "../core/ids.ts";
import { isQuarantined } from "../core/lease.ts";
import { freeSlots, groupOf, isOpen, type Session } from "../core/session.ts";
import type { Entry, State } from "../core/state.ts";
import type { Command } from "../core/command.ts";
import type { Policy, ReadyJob, Slot } from "../schedule/policy.ts";
import { place } from "../schedule/place.ts";

/** What the filler needs of the engine. */
interface Steps {
  readonly state: State;
  run(command: Command): unknown;
}

/** How long a job of a kind that has never run is expected to take, in ms. */
const FIRST_ESTIMATE_MS = 1_000;
/** How much the newest run counts in a kind's moving average. */
const AVERAGE_WEIGHT = 0.2;

/** Gives free slots to jobs. */
export class Filler {
  readonly #steps: Steps;
  readonly policy: Policy;
  /** Quarantined jobs that are ready, in order of arrival. */
  readonly #quarantine: Set<PromiseId> = new Set();
  #reserved: { readonly promise: PromiseId; readonly session: SessionId } | null = null;
  /** Sessions that may have a free slot. */
  #free: Set<Session> = new Set();
  /** Jobs that the policy was told to have started. */
  readonly #charged: Map<PromiseId, KindName> = new Map();
  readonly #averages: Map<KindName, number> = new Map();
  #isFilling = false;

  constructor(steps: Steps, policy: Policy) {
    this.#steps = steps;
    this.policy = policy;
  }

  /** Memory was rebuilt: forgets everything. The policy is emptied job by job. */
  reset(): void {
    for (const id of this.#charged.keys()) this.policy.remove(id, 0);
    for (const id of this.#known) this.policy.remove(id, 0);
    this.#known.clear();
    this.#quarantine.clear();
    this.#charged.clear();
    this.#reserved = null;
    this.slots();
  }

  /** Jobs that the policy has. */
  readonly #known: Set<PromiseId> = new Set();

  /** A job can run from now on. */
  add(id: PromiseId, now: Now): void {
    const entry = this.#steps.state.promises.get(id)!;
    if (isQuarantined(entry.record)) return void this.#quarantine.add(id);
    this.#known.add(id);
    this.policy.add(readyJob(entry, now), now.wall);
  }

  /** The claims on a ready or running job have changed. */
  change(id: PromiseId, now: Now): void {
    const entry = this.#steps.state.promises.get(id);
    if (!entry || (!this.#known.has(id) && !this.#charged.has(id))) return;
    this.policy.change(readyJob(entry, now), now.wall);
  }

  /** A job cannot run any more. */
  remove(id: PromiseId, now: Now): void {
    if (this.#known.delete(id)) this.policy.remove(id, now.wall);
    this.#quarantine.delete(id);
    if (this.#reserved?.promise === id) this.#reserved = null;
  }

  /** A job got a slot. */
  started(id: PromiseId, session: SessionId, now: Now): void {
    if (this.#known.delete(id)) {
      const { kind } = this.#steps.state.promises.get(id)!.record;
      this.#charged.set(id, kind);
      this.policy.start(id, this.#averages.get(kind) ?? FIRST_ESTIMATE_MS, now.wall);
    }
    this.#quarantine.delete(id);
    this.#look(session);
  }

  /** A lease has ended. */
  freed(
    { promise, session, ranMs }: { promise: PromiseId; session: SessionId; ranMs: number },
    now: Now,
  ): void {
    const kind = this.#charged.get(promise);
    if (kind !== undefined) {
      this.#charged.delete(promise);
      const average = this.#averages.get(kind) ?? ranMs;
      this.#averages.set(kind, average + AVERAGE_WEIGHT * (ranMs - average));
      this.policy.finish(promise, ranMs, now.wall);
    }
    if (this.#reserved?.promise === promise) this.#reserved = null;
    this.#look(session);
  }

  /** Workers came, went, or changed their slots. */
  slots(): void {
    this.#free = new Set();
    for (const session of this.#steps.state.sessions.values()) {
      if (freeSlots(session) > 0) this.#free.add(session);
    }
    const reserved = this.#reserved && this.#steps.state.sessions.get(this.#reserved.session);
    if (!reserved || !isOpen(reserved)) this.#reserved = null;
  }

  /** Gives every free slot away that somebody can use (F1). */
  fill(now: Now): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      if (this.#quarantine.size > 0) this.#fillAlone();
      while (this.policy.size > 0 && this.#free.size > 0) {
        const job = this.policy.next(this.#slot, now.wall);
        if (!job) break;
        const session = this.#choose(job.group)!;
        this.#steps.run({ type: "start", promise: job.id, session: session.id });
      }
    } finally {
      this.#isFilling = false;
    }
  }

  /** How many slots the connected workers have for a kind's jobs, and how many of them are free. */
  capacity(group: string): { slots: number; free: number } {
    let slots = 0, free = 0;
    for (const session of this.#steps.state.sessions.values()) {
      if (!isOpen(session) || !session.groups.has(group)) continue;
      slots += session.concurrency;
      free += freeSlots(session);
    }
    return { slots, free };
  }

  /** Whether a job waits to run alone. */
  isQuarantined(id: PromiseId): boolean {
    return this.#quarantine.has(id);
  }

  readonly #slot: Slot = { takes: (group) => this.#choose(group) !== null };

  #choose(group: string): Session | null {
    const eligible: Session[] = [];
    for (const session of this.#free) {
      if (session.groups.has(group) && session.id !== this.#reserved?.session) {
        eligible.push(session);
      }
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
    if (this.#reserved === null) {
      for (const promise of this.#quarantine) {
        const session = this.#fewest(promise);
        if (!session) continue;
        this.#reserved = { promise, session: session.id };
        break;
      }
    }
    if (this.#reserved === null || !this.#quarantine.has(this.#reserved.promise)) return;
    const session = this.#steps.state.sessions.get(this.#reserved.session)!;
    if (session.leases.size === 0 && freeSlots(session) > 0) {
      this.#steps.run({ type: "start", promise: this.#reserved.promise, session: session.id });
    }
  }

  #fewest(promise: PromiseId): Session | null {
    const { record } = this.#steps.state.promises.get(promise)!;
    const group = groupOf(record.kind, record.version);
    let best: Session | null = null;
    for (const session of this.#steps.state.sessions.values()) {
      if (!isOpen(session) || !session.groups.has(group)) continue;
      if (best === null || session.leases.size < best.leases.size) best = session;
    }
    return best;
  }

  #look(id: SessionId): void {
    const session = this.#steps.state.sessions.get(id);
    if (!session) return;
    if (freeSlots(session) > 0) this.#free.add(session);
    else this.#free.delete(session);
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
    claims: wanted.length > 0 ? wanted : interests,
    isFirst: life.state === "pending" && life.doing === "waiting" && life.isFirst,
  };
}
