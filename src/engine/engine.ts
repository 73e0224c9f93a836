// The write side: the only place that steps the core and commits what it decided.
//
// E1. Commands step one at a time, on memory; one command, one WriteBatch. There is no await between reading the
//     state and stepping it.
// E2. Nothing is said before it is durable: answers, acks, wakes and `lost` follow the commit. `run` and `cancel`
//     are no statements and may leave before.
// E3. A settled promise stays in memory until its settling is durable and every post that looked its key up
//     before has stepped.
// E4. If a commit fails, no effect of it or of a later one runs; memory is rebuilt from the store before the next
//     step.

import { unreachable } from "../base/assert.ts";
import type { Clock, Now } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { Wake } from "../base/wake.ts";
import type { Effect, Outcome, Step } from "../core/change.ts";
import type { Command, Content } from "../core/command.ts";
import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "../core/ids.ts";
import { HeartyError, refuse } from "../core/problem.ts";
import { type Entry, type Settings, State } from "../core/state.ts";
import { step } from "../core/step.ts";
import type { KindView } from "../intake/schema.ts";
import type { Policy } from "../schedule/policy.ts";
import type { KV } from "../store/kv.ts";
import { readInput, toBatch } from "../store/layout.ts";
import { Filler } from "./fill.ts";
import { type Definitions, kindView, outputFault } from "./output.ts";
import { recover } from "./recover.ts";
import type { Workers } from "./workers.ts";

/** What an engine is made of. */
export interface EngineOptions {
  readonly store: KV;
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: Policy;
  readonly settings: Settings;
  readonly definitions: Definitions;
  /** Called for a fault that no caller can be told of. */
  readonly onFault: (error: unknown) => void;
}

/** What became of a command; `durable` resolves when it may be said. */
export interface Ran {
  readonly outcome: Outcome;
  /** @throws {HeartyError} `storage-unavailable` */
  readonly durable: Promise<void>;
}

/** The write side. */
export class Engine {
  readonly store: KV;
  readonly clock: Clock;
  readonly wake: Wake = new Wake();
  state: State;
  readonly filler: Filler;
  readonly #options: EngineOptions;
  #workers: Workers | null = null;
  /** Resolves when all that has been stepped is durable. */
  #tail: Promise<void> = Promise.resolve();
  #isBroken = false;
  #isStopped = false;
  #disarm: (() => void) | null = null;
  #armedFor = Infinity;
  /** Posts that are looking a key up in the store, and settled promises that wait for them (E3). */
  readonly #lookups: Map<JobKey, number> = new Map();
  readonly #releasable: Map<JobKey, Set<PromiseId>> = new Map();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.store = options.store;
    this.clock = options.clock;
    this.state = new State(options.settings);
    this.filler = new Filler(this, options.policy);
  }

  /** Reads what is stored; workers may come from now on. Their grace begins now. */
  async start(workers: Workers): Promise<void> {
    this.#workers = workers;
    await this.#recover();
  }

  /** Takes nothing more, and finishes what was stepped. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#disarm?.();
    this.#disarm = null;
    await this.#tail.catch(() => undefined);
  }

  /** Whether commands are taken: the store works. */
  get isWritable(): boolean {
    return !this.#isBroken && !this.#isStopped;
  }

  /**
   * Steps a command (E1). `onOutcome` hears of the outcome before anything follows from it.
   * @throws {HeartyError} `storage-unavailable` if nothing can be stored now.
   */
  run(command: Command, onOutcome?: (outcome: Outcome) => void): Ran {
    if (!this.isWritable) throw unavailable();
    const now = this.clock.now();
    const taken = step(this.state, command, now, this.#options.random);
    const durable = this.#commit(taken);
    onOutcome?.(taken.outcome);
    this.#follow(taken.effects, now);
    this.#settle(durable, taken.effects);
    if (this.#mayFill(taken.effects)) this.filler.fill(now);
    this.#arm();
    return { outcome: taken.outcome, durable };
  }

  /** A worker's result, which must keep to its kind's output schema, or the promise is rejected. */
  fulfill(command: Omit<Extract<Command, { type: "fulfill" }>, "type">): void {
    const fault = this.#outputFault(command.lease, command.content);
    if (fault === null) return void this.run({ ...command, type: "fulfill" });
    const { session, lease } = command;
    const error = {
      reason: "failed",
      name: "invalid-output",
      message: fault,
      retryable: false,
      detail: null,
    } as const;
    this.run({ type: "reject", session, lease, error });
  }

  #outputFault(id: LeaseId, content: Content | null): string | null {
    const lease = this.state.leases.get(id);
    if (content === null || !lease || lease.state !== "held") return null;
    const { record } = this.state.promises.get(lease.promise)!;
    const view = this.kindView(record.kind, record.version);
    return view === null ? null : outputFault(view, content);
  }

  /** A kind as intake needs it, in its current version or in a given one; null if it is not known. */
  kindView(kind: KindName, version?: string): KindView | null {
    const record = this.state.kinds.get(kind);
    return kindView(record, version ?? record?.current, this.#options.definitions);
  }

  /** What a command that alters no memory would decide, without doing it. */
  preview(command: Extract<Command, { type: "reuse" }>): Step {
    return step(this.state, command, this.clock.now(), this.#options.random);
  }

  /** Steps a command; the outcome, once it is durable. */
  async done(command: Command): Promise<Outcome> {
    const { outcome, durable } = this.run(command);
    await durable;
    return outcome;
  }

  /** Resolves when all that has been stepped so far is durable. */
  get durable(): Promise<void> {
    return this.#tail;
  }

  /** The promise that is in memory under a key. */
  current(key: JobKey): Entry | null {
    const id = this.state.byKey.get(key);
    return id === undefined ? null : this.state.promises.get(id) ?? null;
  }

  /** Runs a look-up of a key in the store; what settles meanwhile stays in memory until the caller has stepped (E3). */
  async lookUp<T>(key: JobKey, look: () => Promise<T>): Promise<{ found: T; stepped: () => void }> {
    this.#lookups.set(key, (this.#lookups.get(key) ?? 0) + 1);
    const stepped = () => {
      const left = this.#lookups.get(key)! - 1;
      if (left > 0) return void this.#lookups.set(key, left);
      this.#lookups.delete(key);
      const ids = this.#releasable.get(key);
      this.#releasable.delete(key);
      for (const id of ids ?? []) this.state.release(id);
    };
    try {
      return { found: await look(), stepped };
    } catch (error) {
      stepped();
      throw error;
    }
  }

  #commit(taken: Step): Promise<void> {
    if (taken.changes.length === 0) return this.#tail;
    this.#tail = this.store.commit(toBatch(taken.changes)).catch((error) => {
      this.#fail(error);
      throw unavailable(error);
    });
    // A caller that does not wait must not make the failure an unhandled one: `#fail` has dealt with it.
    this.#tail.catch(() => undefined);
    return this.#tail;
  }

  /** What follows at once: the scheduler's books, and what may leave before it is durable (E2). */
  #follow(effects: readonly Effect[], now: Now): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "ready":
          this.filler.add(effect.promise, now);
          break;
        case "claims":
          this.filler.change(effect.promise, now);
          break;
        case "unready":
          this.filler.remove(effect.promise, now);
          break;
        case "started":
          this.filler.started(effect.promise, effect.session, now);
          this.#sendRun(effect.promise, effect.session, effect.lease);
          break;
        case "freed":
          this.filler.freed(effect, now);
          break;
        case "slots":
          this.filler.slots();
          break;
        case "cancel":
          this.#workers?.cancel(effect.session, effect.lease, effect.reason);
          break;
        case "ack":
        case "lost":
        case "fault":
        case "drained":
        case "wake":
        case "settled":
        case "kind-changed":
          break;
        default:
          unreachable(effect);
      }
    }
  }

  /** What follows once it is durable (E2). */
  #settle(durable: Promise<void>, effects: readonly Effect[]): void {
    if (!effects.some(isLate)) return;
    durable.then(() => {
      for (const effect of effects) this.#say(effect);
    }, () => undefined); // E4: `#fail` has dealt with it.
  }

  #say(effect: Effect): void {
    switch (effect.type) {
      case "ack":
        return this.#workers?.ack(effect.session, effect.lease, effect.seq);
      case "lost":
        return this.#workers?.lost(effect.session, effect.lease);
      case "fault":
        return this.#workers?.fault(effect.session, effect);
      case "drained":
        return this.#workers?.drained(effect.session);
      case "wake":
        return this.wake.nudge(effect.promise);
      case "settled":
        return this.#release(effect.promise, effect.key);
      default:
        return;
    }
  }

  #release(promise: PromiseId, key: JobKey): void {
    if (!this.#lookups.has(key)) return this.state.release(promise);
    const ids = this.#releasable.get(key) ?? new Set();
    ids.add(promise);
    this.#releasable.set(key, ids);
  }

  #sendRun(promise: PromiseId, session: SessionId, lease: LeaseId): void {
    const entry = this.state.promises.get(promise)!;
    const { record, run } = entry;
    // It is with the worker now; if the attempt fails, the store has it.
    entry.run = null;
    if (run) return this.#workers?.run(session, { lease, promise, record, input: run });
    this.#loadRun(promise, session, lease).catch(this.#options.onFault);
  }

  async #loadRun(promise: PromiseId, session: SessionId, lease: LeaseId): Promise<void> {
    await this.#tail;
    const read = await readInput(this.store, promise);
    const held = this.state.leases.get(lease);
    if (!held || held.state !== "held") return;
    if (read === null || read === "damaged") {
      const error = {
        reason: "failed",
        name: "damaged",
        message: "The stored input is damaged",
        retryable: false,
        detail: null,
      } as const;
      this.run({ type: "reject", session, lease, error });
      return;
    }
    const { record } = this.state.promises.get(promise)!;
    this.#workers?.run(session, { lease, promise, record, input: read.run });
  }

  #mayFill(effects: readonly Effect[]): boolean {
    return effects.some(({ type }) => type === "ready" || type === "freed" || type === "slots");
  }

  /** One timer of the clock stands for all that is due in the state. */
  #arm(): void {
    const due = this.state.nextDue ?? Infinity;
    if (due === this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = due;
    this.#disarm = due === Infinity ? null : this.clock.timer(due, () => {
      this.#armedFor = Infinity;
      if (this.isWritable) this.run({ type: "tick" });
    });
  }

  /** E4. */
  #fail(error: unknown): void {
    if (this.#isBroken || this.#isStopped) return;
    this.#isBroken = true;
    this.#options.onFault(error);
    this.#recover().catch(this.#options.onFault);
  }

  async #recover(): Promise<void> {
    this.#disarm?.();
    this.#armedFor = Infinity;
    const state = new State(this.#options.settings);
    const effects = await recover(this.store, state, this.clock.now());
    this.#lookups.clear();
    this.#releasable.clear();
    this.state = state;
    this.filler.reset();
    this.#workers?.reset();
    this.#tail = Promise.resolve();
    this.#isBroken = false;
    this.#follow(effects, this.clock.now());
    this.#arm();
  }
}

function isLate({ type }: Effect): boolean {
  return type === "ack" || type === "lost" || type === "fault" || type === "drained" ||
    type === "wake" || type === "settled";
}

function unavailable(cause?: unknown): HeartyError {
  const detail =
    "Cannot store anything now: the storage does not take it; what is stored can be read";
  return new HeartyError(refuse("storage-unavailable", { detail, retryMs: 5_000 }), { cause });
}
