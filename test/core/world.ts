// A whole server but for its wires, on one list of numbers: the state machine, the filler and a strict policy, posters
// and workers that do what they should and what they should not. An oracle, fed with what is asked and answered, knows
// what an outside observer may see; everything is compared after every act.

import { assert } from "../harness/test.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Change, Effect, Outcome, Step } from "../../src/core/change.ts";
import type { Command } from "../../src/core/command.ts";
import type { LeaseId, PromiseId, SessionId } from "../../src/core/ids.ts";
import { checkState, checkStep } from "../../src/core/invariants.ts";
import { DEFAULT_KIND } from "../../src/core/kind.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { isSettled } from "../../src/core/promise.ts";
import { freeSlots, groupOf } from "../../src/core/session.ts";
import { type Settings, State } from "../../src/core/state.ts";
import { step } from "../../src/core/step.ts";
import type { Priority } from "../../src/core/terms.ts";
import { Filler } from "../../src/engine/fill.ts";
import { Oracle } from "./oracle.ts";
import { connectCommand, jobError, json, KIND, offerOf, postCommand, START } from "./scene.ts";
import { strictPolicy } from "./strict-policy.ts";

/** One thing that happens; the numbers say what, and to whom. */
export type Act = readonly [number, number, number, number, number];

const HOUR_MS = 3_600_000;
const OWNERS = ["ada", "bob", "cyd"];
const QUEUES = ["default", "nightly"];
const NAMES = ["w1", "w2", "w3"];

/** An input that is stored beside its record. */
const LARGE = { contentType: "a/b", body: new Uint8Array(2_000).fill(7) };

/** Settings that make everything happen within a few minutes. */
export const SETTINGS: Settings = {
  limits: { ...DEFAULT_LIMITS, queuedMax: 4, itemBytesMax: 40, resultBytesMax: 2_000, itemsMax: 8 },
  defaults: DEFAULT_KIND,
  graceMs: 6_000,
  cancelGraceMs: 4_000,
};

/** The server and everybody around it. */
export class World {
  readonly state = new State(SETTINGS);
  readonly oracle = new Oracle();
  readonly steps: Step[] = [];
  readonly #random;
  readonly #filler = new Filler(this, strictPolicy());
  readonly #now = { wall: START, mono: 0 };
  /** Sessions and leases that there ever were, so that dead ones can be named. */
  readonly #sessions: SessionId[] = ["nobody" as SessionId];
  readonly #leases: { lease: LeaseId; session: SessionId }[] = [];
  readonly #promises: PromiseId[] = [];
  /** Settled promises that are still in memory. */
  #unreleased: PromiseId[] = [];
  #depth = 0;
  /** Workers do little but break. */
  readonly #isRough: boolean;

  constructor(seed: number, { isRough = false }: { isRough?: boolean } = {}) {
    this.#random = seededRandom(seed);
    this.#isRough = isRough;
  }

  get now(): { wall: number; mono: number } {
    return { ...this.#now };
  }

  /** Takes one step and all that follows from it. */
  run(command: Command): Outcome {
    const taken = step(this.state, command, this.now, this.#random);
    this.steps.push(taken);
    checkStep(taken);
    this.oracle.hear(command, taken, this.now);
    this.#depth++;
    for (const effect of taken.effects) this.#follow(effect);
    this.#filler.fill(this.now);
    if (--this.#depth === 0) this.#check();
    return taken.outcome;
  }

  #follow(effect: Effect): void {
    switch (effect.type) {
      case "started":
        this.#leases.push(effect);
        return this.#filler.follow(effect, this.now);
      case "ready":
      case "claims":
      case "unready":
      case "freed":
      case "slots":
        return this.#filler.follow(effect, this.now);
      case "settled":
        this.#unreleased.push(effect.promise);
        return;
      default:
        return;
    }
  }

  #check(): void {
    checkState(this.state);
    this.oracle.check(this.state);
    this.#checkFilled();
  }

  /** No job waits for a slot that is free for it, unless the slot is kept for a quarantined one. */
  #checkFilled(): void {
    const ready = [...this.state.promises.values()].filter(({ place }) => place === "ready");
    const isKept = ready.some(({ record }) => record.losses >= 2);
    for (const { record } of ready) {
      for (const session of this.state.sessions.values()) {
        const isTaken = isKept || freeSlots(session) === 0 ||
          !session.groups.has(groupOf(record.kind, record.version));
        assert.ok(isTaken, `${record.id} waits although "${session.name}" has a slot`);
      }
    }
  }

  /** Lets something happen. */
  act([what, a, b, c, d]: Act): void {
    const acts: readonly (readonly [weight: number, rough: number, act: () => void])[] = [
      [20, 6, () => this.#post(a, b, c, d)],
      [5, 1, () => this.#withdraw(a, b, c)],
      [3, 1, () => this.#move(a, b, c, d)],
      [6, 0, () => this.#release(a, b, c)],
      [1, 1, () => this.run({ type: "kill", promise: this.#promise(a), reason: "" })],
      [9, 20, () => this.#connect(a, b, c)],
      [7, 16, () => this.run({ type: "break", session: this.#session(a) })],
      [1, 1, () => this.run({ type: "disconnect", session: this.#session(a) })],
      [2, 1, () => this.#capacity(a, b)],
      [1, 1, () => this.run({ type: "drain", session: this.#session(a) })],
      [14, 1, () => this.#item(a, b, c)],
      [5, 1, () => this.#chunk(a, b, c)],
      [9, 1, () => this.#fulfill(a, b, c)],
      [8, 0, () => this.#reject(a, b)],
      [3, 0, () => this.run({ type: "cancelled", ...this.#lease(a) })],
      [10, 12, () => this.#pass([1, 400, 3_000, 8_000, 20_000][b % 5]!)],
      [1, 0, () => void (this.#now.wall -= HOUR_MS)],
      [6, 1, () => this.#durable()],
      [4, 0, () => this.#settled(a, b)],
    ];
    const weights = acts.map(([weight, rough]) => this.#isRough ? rough : weight);
    let left = what % weights.reduce((sum, weight) => sum + weight);
    acts[weights.findIndex((weight) => (left -= weight) < 0)]![2]();
  }

  /** Everything that was decided is durable. */
  #durable(): void {
    for (const id of this.#unreleased.splice(0)) this.state.release(id);
    this.#check();
  }

  /** Everything that is due within `ms` happens at its time. */
  #pass(ms: number): void {
    const end = this.#now.mono + ms;
    for (let due = this.state.nextDue; due !== null && due <= end; due = this.state.nextDue) {
      this.#to(Math.max(due, this.#now.mono));
      this.run({ type: "tick" });
    }
    this.#to(end);
  }

  #to(mono: number): void {
    this.#now.wall += mono - this.#now.mono;
    this.#now.mono = mono;
  }

  #post(a: number, b: number, c: number, d: number): void {
    const version = a % 7 === 0 ? "2" : "";
    const outcome = this.run(postCommand(`job ${a % 6} ${version}`, {
      owner: OWNERS[b % 3]!,
      queue: QUEUES[b % 2]!,
      isHeld: b % 4 === 0,
      priority: c % 4 === 0 ? (c % 10) as Priority : null,
      timeoutMs: c % 6 === 0 ? 5_000 + (c % 4) * 10_000 : null,
      attempts: c % 2 === 0 ? 1 + (c % 5) : null,
      delayMs: d % 4 === 0 ? (d % 3) * 5_000 : null,
      ttlMs: d % 3 === 0 ? 1_000 * (d % 100) : null,
      deadline: d % 5 === 0 ? START + d : null,
    }, {
      version,
      tags: d % 6 === 0 ? [`tag ${d % 9}`] : [],
      ...(c % 5 === 0 && { input: LARGE, run: { ...LARGE, isValue: false } }),
    }));
    if (outcome.type === "posted" && outcome.sharing === "created") {
      this.#promises.push(outcome.promise);
    }
  }

  #withdraw(a: number, b: number, c: number): void {
    const queue = c % 2 === 0 ? null : QUEUES[c % 3 % 2]!;
    const promise = this.#promise(a);
    this.run({ type: "withdraw", promise, owner: OWNERS[b % 3]!, queue, reason: "" });
  }

  #move(a: number, b: number, c: number, d: number): void {
    const set = {
      ...(c % 2 === 0 && { queue: QUEUES[d % 2]! }),
      ...(c % 3 === 0 && { priority: (d % 10) as Priority }),
      ...(c % 4 === 0 && { ttlMs: 1_000 * d }),
    };
    const queue = c % 5 === 0 ? QUEUES[d % 3 % 2]! : null;
    this.run({ type: "move", promise: this.#promise(a), owner: OWNERS[b % 3]!, queue, set });
  }

  #release(a: number, b: number, c: number): void {
    const [owner, queue] = [OWNERS[b % 3]!, QUEUES[b % 2]!];
    this.run({ type: "release", promise: this.#promise(a), owner, queue, isKept: c % 3 === 0 });
  }

  #connect(a: number, b: number, c: number): void {
    const name = NAMES[a % 3]!;
    const old = this.state.sessionsByName.get(name);
    const own = old ? [...old.leases.keys()] : [];
    const dead = this.#leases.length > 0 ? [this.#leases[c % this.#leases.length]!.lease] : [];
    const session = b % 9 === 0 ? this.#session(c) : old?.id ?? "gone";
    const named = [own, own, own.slice(1), [], [...own, ...dead, "nonsense"]][b % 5]!;
    const outcome = this.run(connectCommand(name, {
      concurrency: 1 + c % 3,
      principal: c % 11 === 0 ? "thief" : "workers",
      offers: c % 2 === 0 ? [offerOf(KIND)] : [offerOf(KIND), offerOf(KIND, { version: "2" })],
      resume: b % 4 === 3 ? null : { session, leases: named },
      isOldSilent: c % 3 === 0,
    }));
    if (outcome.type === "connected" && !outcome.isResumed) this.#sessions.push(outcome.session);
  }

  #capacity(a: number, b: number): void {
    this.run({ type: "capacity", session: this.#session(a), concurrency: 1 + b % 4 });
  }

  #item(a: number, b: number, c: number): void {
    const on = this.#lease(a);
    const items = this.oracle.itemsOf(on.lease);
    const seq = [items, items, items, items - 1, 0, items + 1][b % 6]!;
    const content = json("7".repeat(c % 13 === 0 ? 41 : 1 + c % 38));
    this.run({ type: "item", ...on, seq: Math.max(0, seq), content });
  }

  #chunk(a: number, b: number, c: number): void {
    const on = this.#lease(a);
    const chunks = this.oracle.chunksOf(on.lease);
    const seq = [chunks, chunks, chunks, chunks - 1, chunks + 1][b % 5]!;
    const body = new Uint8Array(c % 9 === 0 ? 900 : c % 90).fill(c);
    this.run({ type: "chunk", ...on, seq: Math.max(0, seq), body });
  }

  #fulfill(a: number, b: number, c: number): void {
    const content = b % 3 === 0
      ? null
      : json("8".repeat([2_001, 1_500, 1_024, 1_025][c % 17] ?? c % 60));
    const ttlMs = c % 4 === 0 ? 100 * c : null;
    const tags = c % 5 === 0 ? ["late"] : [];
    this.run({ type: "fulfill", ...this.#lease(a), content, contentType: null, tags, ttlMs });
  }

  #reject(a: number, b: number): void {
    this.run({ type: "reject", ...this.#lease(a), error: jobError({ retryable: b % 4 !== 0 }) });
  }

  /** A settled promise is given again, kept, or forgotten. */
  #settled(a: number, b: number): void {
    const record = this.oracle.records.get(this.#promise(a));
    if (!record || !isSettled(record) || this.#unreleased.includes(record.id)) return;
    if (b % 3 === 0) this.run({ type: "reuse", record, ttlMs: b % 2 === 0 ? null : 100_000 * b });
    else if (b % 3 === 1) this.run({ type: "keep", record, ttlMs: 1_000 * b });
    else this.run({ type: "forget", records: [record] });
  }

  /** A promise there was, rather a new one. */
  #promise(a: number): PromiseId {
    return this.#promises.at(-1 - a % Math.min(8, this.#promises.length || 1)) ??
      ("019b76da-a800-7000-8000-000000000000" as PromiseId);
  }

  #session(a: number): SessionId {
    return this.#sessions.at(-1 - a % Math.min(4, this.#sessions.length))!;
  }

  /** A lease: most often one that is held; else a dead one, or one of another's. */
  #lease(a: number): { lease: LeaseId; session: SessionId } {
    const held = [...this.state.leases.values()];
    if (a % 8 < 6 && held.length > 0) {
      const { id, session } = held[a % held.length]!;
      return { lease: id, session: session.id };
    }
    const { lease, session } = this.#leases[a % (this.#leases.length || 1)] ??
      { lease: "none" as LeaseId, session: this.#session(a) };
    return { lease, session: a % 8 === 7 ? this.#session(a) : session };
  }

  /** All changes so far, in order. */
  get changes(): readonly (readonly Change[])[] {
    return this.steps.map(({ changes }) => changes).filter(({ length }) => length > 0);
  }
}

/** Acts out of a generator, for runs that must be the same everywhere. */
export function seededActs(seed: number, count: number): Act[] {
  const random = seededRandom(seed);
  const number = () => Math.floor(random.unit() * 10_000);
  return Array.from({ length: count }, () => [number(), number(), number(), number(), number()]);
}
