// What an outside observer may see, by a simple model: who wants what, which items are stored, who runs what. It is
// fed with each command and with what was answered, and knows nothing of the state machine's own books.

import { assert } from "../harness/test.ts";
import type { Effect, Step } from "../../src/core/change.ts";
import type { Command, PostCommand } from "../../src/core/command.ts";
import type { JobKey, LeaseId, PromiseId, SessionId } from "../../src/core/ids.ts";
import { countOwners } from "../../src/core/interest.ts";
import { isSettled, type PromiseRecord } from "../../src/core/promise.ts";
import type { State } from "../../src/core/state.ts";

interface Moment {
  readonly wall: number;
  readonly mono: number;
}

/** What one owner and queue wants. */
interface Want {
  readonly owner: string;
  queue: string;
  attempts: number;
  timeoutMs: number | null;
  dueAt: number | null;
  isLasting: boolean;
  holds: number;
}

interface Job {
  readonly id: PromiseId;
  readonly key: JobKey;
  wants: Want[];
  readonly items: Uint8Array[];
  /** The chunks of the attempt that runs, or the value that was settled. */
  pieces: Uint8Array[];
  /** No start before this, in mono. */
  retryAt: number;
  isSettled: boolean;
}

interface Held {
  readonly promise: PromiseId;
  readonly session: SessionId;
  readonly since: number;
  isCancelled: boolean;
}

type Posted = Extract<Command, { type: "post" }>;
type LeaseMessage = Extract<
  Command,
  { type: "item" | "chunk" | "fulfill" | "reject" | "cancelled" }
>;

/** The model. */
export class Oracle {
  /** The newest record of every promise, as a reader of the store sees it. */
  readonly records = new Map<PromiseId, PromiseRecord>();
  readonly jobs = new Map<PromiseId, Job>();
  readonly #held = new Map<LeaseId, Held>();
  readonly #slots = new Map<SessionId, number>();
  readonly #leases = new Set<LeaseId>();

  /** How many items are stored of the promise that a lease is for. */
  itemsOf(lease: LeaseId): number {
    return this.#jobOf(lease)?.items.length ?? 0;
  }

  /** How many chunks the attempt under a lease has sent. */
  chunksOf(lease: LeaseId): number {
    return this.#jobOf(lease)?.pieces.length ?? 0;
  }

  #jobOf(lease: LeaseId): Job | undefined {
    const held = this.#held.get(lease);
    return held && this.jobs.get(held.promise);
  }

  /** Hears of a command and of what came of it. */
  hear(command: Command, step: Step, now: Moment): void {
    for (const change of step.changes) {
      if (change.type === "create" || change.type === "update") {
        this.records.set(change.record.id, change.record);
      }
      if (change.type === "forget") this.records.delete(change.record.id);
    }
    this.#command(command, step, now);
    for (const effect of step.effects) this.#effect(effect, now);
    if (command.type === "tick") this.#checkTimeouts(now);
  }

  #command(command: Command, step: Step, now: Moment): void {
    switch (command.type) {
      case "post":
        return this.#post(command, step, now);
      case "withdraw":
      case "move":
        return this.#change(command, step);
      case "release":
        return this.#release(command);
      case "connect": {
        const { outcome } = step;
        if (outcome.type === "connected") this.#slots.set(outcome.session, command.concurrency);
        return;
      }
      case "capacity":
        return void this.#slots.set(command.session, command.concurrency);
      case "item":
      case "chunk":
      case "fulfill":
      case "reject":
      case "cancelled":
        return this.#message(command, step, now);
      default:
        return;
    }
  }

  #post(command: Posted, { outcome }: Step, now: Moment): void {
    const pending = [...this.jobs.values()].find(({ key, isSettled }) =>
      key === command.key && !isSettled
    );
    if (outcome.type !== "posted") {
      assert.ok(!pending, "a full queue refuses only what would be new");
      return;
    }
    assert.equal(outcome.sharing, pending ? "joined" : "created");
    if (pending) {
      assert.equal(outcome.promise, pending.id);
      return this.#want(pending, command, now);
    }
    for (const id of this.jobs.keys()) assert.ok(id < outcome.promise, "ids ascend");
    const job: Job = {
      id: outcome.promise,
      key: command.key,
      wants: [],
      items: [],
      pieces: [],
      retryAt: -Infinity,
      isSettled: false,
    };
    this.jobs.set(job.id, job);
    this.#want(job, command, now);
  }

  #want(job: Job, { wish }: PostCommand, now: Moment): void {
    let want = job.wants.find((one) => one.owner === wish.owner && one.queue === wish.queue);
    if (!want) {
      const { owner, queue } = wish;
      want = {
        owner,
        queue,
        attempts: 3,
        timeoutMs: null,
        dueAt: null,
        isLasting: false,
        holds: 0,
      };
      job.wants.push(want);
    }
    want.attempts = wish.attempts ?? want.attempts;
    want.timeoutMs = wish.timeoutMs ?? want.timeoutMs;
    if (wish.delayMs !== null) want.dueAt = wish.delayMs > 0 ? now.mono + wish.delayMs : null;
    if (wish.isHeld) want.holds++;
    else want.isLasting = true;
  }

  #change(command: Extract<Command, { type: "withdraw" | "move" }>, { outcome }: Step): void {
    const job = this.jobs.get(command.promise);
    if (!job || job.isSettled) return assert.equal(outcome.type, "refused");
    const { owner, queue } = command;
    const isMeant = (want: Want) =>
      want.owner === owner && (queue === null || want.queue === queue);
    assert.equal(outcome.type === "refused", !job.wants.some(isMeant));
    if (command.type === "withdraw") {
      job.wants = job.wants.filter((want) => !isMeant(want));
      return;
    }
    const wants: Want[] = [];
    for (const want of job.wants) {
      if (isMeant(want)) want.queue = command.set.queue ?? want.queue;
      const twin = wants.find((one) => one.owner === want.owner && one.queue === want.queue);
      if (twin) meet(twin, want);
      else wants.push(want);
    }
    job.wants = wants;
  }

  #release({ promise, owner, queue, isKept }: Extract<Command, { type: "release" }>): void {
    const job = this.jobs.get(promise);
    if (!job || job.isSettled) return;
    const held = job.wants.filter((one) => one.owner === owner && one.holds > 0);
    const want = held.find((one) => one.queue === queue) ?? held[0];
    if (!want) return;
    want.holds--;
    want.isLasting ||= isKept;
    if (!want.isLasting && want.holds === 0) job.wants = job.wants.filter((one) => one !== want);
  }

  /** Rules 3 and 5 of the worker protocol. */
  #message(command: LeaseMessage, step: Step, now: Moment): void {
    const { lease, session, type } = command;
    const told = step.effects.filter(({ type }) => ["ack", "lost", "fault"].includes(type));
    const held = this.#held.get(lease);
    if (!held || held.session !== session) {
      assert.deepEqual(told, type === "cancelled" ? [] : [{ type: "lost", session, lease }]);
      return assert.deepEqual(step.changes, [], "a message under a foreign lease changes nothing");
    }
    if (held.isCancelled) return assert.deepEqual(step.changes, [], "a settled promise stays");
    const job = this.jobs.get(held.promise)!;
    assert.equal(told.length, 1, "each message is answered once");
    if (type === "item") this.#piece(job, job.items, command.content.body, { command, step });
    else if (type === "chunk") this.#piece(job, job.pieces, command.body, { command, step });
    else if (
      type === "fulfill" && command.content && this.records.get(job.id)!.life.state === "fulfilled"
    ) {
      job.pieces = [command.content.body];
    } else if (type === "reject" || type === "cancelled") this.#failed(job, command, now);
  }

  #piece(
    job: Job,
    stored: Uint8Array[],
    body: Uint8Array,
    { command, step }: { command: Extract<Command, { type: "item" | "chunk" }>; step: Step },
  ): void {
    const others = command.type === "item" ? job.pieces : job.items;
    const [told] = step.effects.filter(({ type }) => ["ack", "lost", "fault"].includes(type));
    if (others.length > 0) return assert.equal(told!.type, "fault", "items and chunks do not mix");
    if (command.seq > stored.length) {
      assert.ok(told!.type === "fault" && told.expected === stored.length, "a gap is a fault");
      return assert.deepEqual(step.changes, []);
    }
    if (command.seq < stored.length) {
      assert.ok(told!.type === "ack" && told.seq === command.seq, "what is stored is acked again");
      return assert.deepEqual(step.changes, []);
    }
    if (told!.type === "lost") return assert.ok(isSettled(this.records.get(job.id)!), "a limit");
    assert.ok(told!.type === "ack" && told.seq === command.seq, "the next one is stored");
    stored.push(body);
  }

  /** Rule 9. */
  #failed(job: Job, command: LeaseMessage, now: Moment): void {
    const record = this.records.get(job.id)!;
    const isRetryable = command.type !== "reject" || command.error.retryable;
    const most = Math.max(...job.wants.map(({ attempts }) => attempts));
    const goesOn = isRetryable && record.spent < most;
    assert.equal(record.life.state, goesOn ? "pending" : "rejected", "attempts are limited");
    if (record.life.state !== "pending" || record.life.doing !== "waiting") return;
    const pauseMs = record.life.retryAt! - now.wall;
    assert.ok(pauseMs >= 0 && pauseMs <= 1_000 * 2 ** (record.spent - 1), "full jitter");
    job.retryAt = now.mono + pauseMs;
  }

  #effect(effect: Effect, now: Moment): void {
    switch (effect.type) {
      case "started":
        return this.#started(effect, now);
      case "cancel":
        this.#held.get(effect.lease)!.isCancelled = true;
        return;
      case "settled": {
        const job = this.jobs.get(effect.promise)!;
        assert.ok(!job.isSettled, "a promise is settled once");
        job.isSettled = true;
        if (this.records.get(job.id)!.life.state === "rejected") job.pieces = [];
        return;
      }
      case "freed":
        return this.#freed(effect);
      default:
        return;
    }
  }

  #started({ promise, session, lease }: Extract<Effect, { type: "started" }>, now: Moment): void {
    const leases = [...this.#held.values()];
    const count = leases.filter((one) => one.session === session).length;
    assert.ok(count < this.#slots.get(session)!, "no more leases than slots");
    const isShared = leases.some((one) => one.promise === promise && !one.isCancelled);
    assert.ok(!isShared, "a job has one lease");
    assert.ok(!this.#leases.has(lease), "a lease's id is used once");
    this.#leases.add(lease);
    const job = this.jobs.get(promise)!;
    assert.ok(
      job.wants.some(({ dueAt }) => dueAt === null || dueAt <= now.mono),
      "delays are kept",
    );
    assert.ok(job.retryAt <= now.mono, "no start before the back-off is over");
    this.#held.set(lease, { promise, session, since: now.mono, isCancelled: false });
  }

  #freed({ promise, session }: Extract<Effect, { type: "freed" }>): void {
    const [lease, held] = [...this.#held].find(([, one]) =>
      one.promise === promise && one.session === session
    )!;
    this.#held.delete(lease);
    const job = this.jobs.get(held.promise)!;
    if (this.records.get(job.id)?.life.state !== "fulfilled") job.pieces = [];
  }

  #checkTimeouts(now: Moment): void {
    for (const { promise, since, isCancelled } of this.#held.values()) {
      const limits = this.jobs.get(promise)!.wants.map(({ timeoutMs }) => timeoutMs ?? Infinity);
      const isLate = !isCancelled && now.mono - since > Math.max(...limits);
      assert.ok(!isLate, "no attempt runs longer than its longest timeout");
    }
  }

  /** Compares the model with what is in memory. */
  check(state: State): void {
    for (const job of this.jobs.values()) {
      const record = this.records.get(job.id);
      if (!record) continue;
      assert.equal(isSettled(record), job.isSettled, "what is settled was said to be");
      assert.equal(record.items, job.items.length, "items are stored exactly once");
      if (job.isSettled) continue;
      assert.equal(state.promises.get(job.id)?.record, record, "memory holds what is stored");
      const owners = new Set(job.wants.map(({ owner }) => owner)).size;
      assert.equal(countOwners(record.interests), owners, "owners are counted");
      const places = record.interests.map(({ owner, queue }) => `${owner} ${queue}`);
      assert.deepEqual(places, job.wants.map(({ owner, queue }) => `${owner} ${queue}`));
    }
    assert.equal(state.leases.size, this.#held.size, "leases are those that were given out");
  }
}

/** Two interests of one owner meet in one queue. */
function meet(into: Want, from: Want): void {
  into.attempts = Math.max(into.attempts, from.attempts);
  into.timeoutMs = into.timeoutMs === null || from.timeoutMs === null
    ? null
    : Math.max(into.timeoutMs, from.timeoutMs);
  into.dueAt = into.dueAt === null || from.dueAt === null ? null : Math.min(into.dueAt, from.dueAt);
  into.isLasting ||= from.isLasting;
  into.holds += from.holds;
}
