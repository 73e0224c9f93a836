// A state machine by itself, with a clock that a test sets: commands go in, and what follows is kept for looking at.
// After every step the whole state is checked.

import { seededRandom } from "../../src/base/random.ts";
import type { Change, Effect, Outcome, Step } from "../../src/core/change.ts";
import type {
  Command,
  ConnectCommand,
  Content,
  PostCommand,
  Wish,
} from "../../src/core/command.ts";
import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "../../src/core/ids.ts";
import { checkState, checkStep } from "../../src/core/invariants.ts";
import { DEFAULT_KIND, type KindOffer, NO_SETTINGS } from "../../src/core/kind.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import type { PromiseRecord } from "../../src/core/promise.ts";
import { type Settings, State } from "../../src/core/state.ts";
import { step } from "../../src/core/step.ts";
import type { JobError } from "../../src/core/terms.ts";
import { assert } from "../harness/test.ts";

/** The kind that scenes post. */
export const KIND = "price" as KindName;
/** When scenes begin. */
export const START = Date.UTC(2026, 0, 1);

/** A state, and what its steps said. */
export class Scene {
  readonly settings: Settings;
  readonly state: State;
  readonly now: { wall: number; mono: number } = { wall: START, mono: 0 };
  readonly random = seededRandom(1);
  /** The last step. */
  last: Step = { changes: [], effects: [], outcome: { type: "done" } };
  /** What the steps change, in order; a test that stores it takes it out. */
  readonly taken: (readonly Change[])[] = [];
  /** The newest record of every promise that there was. */
  readonly records = new Map<PromiseId, PromiseRecord>();
  #posts = 0;

  constructor(settings: Partial<Settings> = {}) {
    this.settings = {
      limits: DEFAULT_LIMITS,
      defaults: DEFAULT_KIND,
      graceMs: 30_000,
      cancelGraceMs: 10_000,
      ...settings,
    };
    this.state = new State(this.settings);
  }

  /** Takes a step and checks all that must hold. */
  step(command: Command): Outcome {
    this.last = step(this.state, command, { ...this.now }, this.random);
    checkStep(this.last);
    if (this.last.changes.length > 0) this.taken.push(this.last.changes);
    checkState(this.state);
    for (const change of this.last.changes) {
      if (change.type === "create" || change.type === "update") {
        this.records.set(change.record.id, change.record);
      }
    }
    return this.last.outcome;
  }

  /** The effects of the last step, of one type. */
  effects<Type extends Effect["type"]>(type: Type): Extract<Effect, { type: Type }>[] {
    return this.last.effects.filter((one) => one.type === type) as never;
  }

  /** The changes of the last step, of one type. */
  changes<Type extends Change["type"]>(type: Type): Extract<Change, { type: Type }>[] {
    return this.last.changes.filter((one) => one.type === type) as never;
  }

  /** Lets time pass; everything that is due happens at its time. Answers with the effects of all of it. */
  advance(ms: number): Effect[] {
    const end = this.now.mono + ms;
    const effects: Effect[] = [];
    for (let due = this.state.nextDue; due !== null && due <= end; due = this.state.nextDue) {
      this.#pass(Math.max(due, this.now.mono));
      this.step({ type: "tick" });
      effects.push(...this.last.effects);
    }
    this.#pass(end);
    return effects;
  }

  #pass(mono: number): void {
    this.now.wall += mono - this.now.mono;
    this.now.mono = mono;
  }

  /** Posts a job of its own, or of a given key; the promise that it got. */
  post(wish: Partial<Wish> = {}, more: Partial<PostCommand> = {}): PromiseId {
    const outcome = this.step(postCommand(`job ${this.#posts++}`, wish, more));
    assert.ok(outcome.type === "posted", JSON.stringify(outcome));
    return outcome.promise;
  }

  /** A worker connects, which must be granted. */
  connect(name = "w1", more: Partial<ConnectCommand> = {}): SessionId {
    const outcome = this.step(connectCommand(name, more));
    assert.ok(outcome.type === "connected", JSON.stringify(outcome));
    return outcome.session;
  }

  /** Gives a job to a worker; the lease. */
  start(promise: PromiseId, session: SessionId): LeaseId {
    this.step({ type: "start", promise, session });
    return this.effects("started")[0]!.lease;
  }

  /** Posts a job and starts it on a new worker. */
  running(wish: Partial<Wish> = {}): { promise: PromiseId; session: SessionId; lease: LeaseId } {
    const promise = this.post(wish);
    const session = this.connect(`worker of ${promise}`);
    return { promise, session, lease: this.start(promise, session) };
  }

  item(on: { session: SessionId; lease: LeaseId }, seq: number, text = String(seq)): void {
    this.step({ type: "item", ...handle(on), seq, content: json(text) });
  }

  chunk(on: { session: SessionId; lease: LeaseId }, seq: number, text = String(seq)): void {
    this.step({ type: "chunk", ...handle(on), seq, body: utf8.encode(text) });
  }

  fulfill(
    on: { session: SessionId; lease: LeaseId },
    text: string | null = "1",
    more: { contentType?: string; tags?: string[]; ttlMs?: number } = {},
  ): void {
    this.step({
      type: "fulfill",
      ...handle(on),
      content: text === null ? null : json(text),
      contentType: null,
      tags: [],
      ttlMs: null,
      ...more,
    });
  }

  reject(on: { session: SessionId; lease: LeaseId }, error: Partial<JobError> = {}): void {
    this.step({ type: "reject", ...handle(on), error: jobError(error) });
  }

  /** The newest record of a promise. */
  record(promise: PromiseId): PromiseRecord {
    const record = this.records.get(promise);
    assert.ok(record);
    return record;
  }

  /** Where a promise that is in memory stands. */
  place(promise: PromiseId): string {
    return this.state.promises.get(promise)!.place;
  }
}

function handle({ session, lease }: { session: SessionId; lease: LeaseId }) {
  return { session, lease };
}

const utf8 = new TextEncoder();

/** JSON as it is stored. */
export function json(text: string): Content {
  return { contentType: "application/json", body: utf8.encode(text) };
}

/** A key that only this text has. */
export function keyOf(text: string): JobKey {
  const hex = utf8.encode(text).toHex();
  return `sha256:${hex.padEnd(64, "0").slice(0, 64)}` as JobKey;
}

/** A post of a job whose key is made of `name`. */
export function postCommand(
  name: string,
  wish: Partial<Wish> = {},
  more: Partial<PostCommand> = {},
): PostCommand {
  const input = json(JSON.stringify(name));
  return {
    type: "post",
    kind: KIND,
    version: "",
    key: keyOf(name),
    input,
    run: { ...input, isValue: true },
    tags: [],
    traceparent: null,
    ...more,
    wish: {
      owner: "ada",
      queue: "default",
      priority: null,
      ttlMs: null,
      timeoutMs: null,
      attempts: null,
      delayMs: null,
      deadline: null,
      isHeld: false,
      ...wish,
    },
  };
}

/** A worker's hello that offers the scenes' kind. */
export function connectCommand(name: string, more: Partial<ConnectCommand> = {}): ConnectCommand {
  return {
    type: "connect",
    name,
    principal: "workers",
    address: "",
    concurrency: 4,
    offers: [offerOf(KIND)],
    labels: {},
    resume: null,
    isOldSilent: false,
    ...more,
  };
}

/** An offer of a kind that says nothing of it. */
export function offerOf(kind: KindName, more: Partial<KindOffer> = {}): KindOffer {
  return {
    kind,
    version: "",
    description: null,
    inputSchema: null,
    outputSchema: null,
    ...NO_SETTINGS,
    ...more,
  };
}

/** A failure that may be tried again, unless it says otherwise. */
export function jobError(error: Partial<JobError> = {}): JobError {
  return {
    reason: "failed",
    name: "Error",
    message: "It broke",
    retryable: true,
    detail: null,
    ...error,
  };
}
