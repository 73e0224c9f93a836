// The write side: the only place that steps the core and commits what it decided.
//
// E1. Commands step one at a time, on memory; one command, one WriteBatch. There is no await between reading the
//     state and stepping it.
// E2. Nothing is said before it is durable: answers, acks, wakes and `lost` follow the commit. `run` and `cancel`
//     are no statements and may leave before.
// E3. A settled promise stays in memory until its settling is durable and every post that looked its key up
//     before has stepped.
// E4. If a commit fails, no effect of it or of a later one runs; memory is rebuilt from the store before the next
//     step. So it is when a step fails, which only a bug can bring about: what memory holds then is no guess to store.

import { unreachable } from "../base/assert.ts";
import { type Clock, type Now, sleep } from "../base/clock.ts";
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
import type { RecordCache } from "../store/cache.ts";
import type { KV } from "../store/kv.ts";
import { probeBatch, readInput, toBatch } from "../store/layout.ts";
import { Filler } from "./fill.ts";
import { type Definitions, kindView, outputFault } from "./output.ts";
import { recover } from "./recover.ts";
import type { Workers } from "./workers.ts";

/** Before something that failed is tried again, in ms. */
const AGAIN_MS = 1_000;

/** What an engine is made of. */
export interface EngineOptions {
  readonly store: KV;
  readonly records: RecordCache;
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
  /** What was read or written lately; the engine tells it what has become durable. */
  readonly records: RecordCache;
  readonly clock: Clock;
  readonly wake: Wake = new Wake();
  state: State;
  readonly filler: Filler;
  readonly #options: EngineOptions;
  #workers: Workers | null = null;
  /** Resolves when all that has been stepped is durable. */
  #tail: Promise<void> = Promise.resolve();
  #isBroken = false;
  readonly #stopping = new AbortController();
  #disarm: (() => void) | null = null;
  #armedFor = Infinity;
  /** How many posts have pinned a key, and settled promises that wait for them (E3). */
  readonly #pins: Map<JobKey, number> = new Map();
  readonly #releasable: Map<JobKey, Set<PromiseId>> = new Map();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.store = options.store;
    this.records = options.records;
    this.clock = options.clock;
    this.state = new State(options.settings);
    this.filler = new Filler(this, options.policy);
  }

  /** Reads what is stored; workers may come from now on. Their grace begins now. */
  async start(workers: Workers): Promise<void> {
    this.#workers = workers;
    await this.#recover(true);
  }

  /** Takes nothing more, and finishes what was stepped. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#disarm?.();
    this.#disarm = null;
    await this.#tail.catch(() => undefined);
  }

  /** Whether commands are taken: the store works. */
  get isWritable(): boolean {
    return !this.#isBroken && !this.#isStopped;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /**
   * Steps a command (E1). `onOutcome` hears of the outcome before anything follows from it.
   * @throws {HeartyError} `storage-unavailable` if nothing can be stored now; `internal-error` if the step failed (E4).
   */
  run(command: Command, onOutcome?: (outcome: Outcome) => void): Ran {
    if (!this.isWritable) throw unavailable();
    try {
      const now = this.clock.now();
      const taken = step(this.state, command, now, this.#options.random);
      const durable = this.#commit(taken);
      onOutcome?.(taken.outcome);
      this.#follow(taken.effects, now);
      this.#settle(durable, taken.effects);
      this.filler.fill(now);
      this.#arm();
      return { outcome: taken.outcome, durable };
    } catch (error) {
      this.#fail(error, AGAIN_MS);
      throw failed(error);
    }
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

  /** What settles under a key stays in memory until the answer is called, once: the caller has stepped (E3). */
  pin(key: JobKey): () => void {
    this.#pins.set(key, (this.#pins.get(key) ?? 0) + 1);
    return () => {
      const left = this.#pins.get(key)! - 1;
      if (left > 0) return void this.#pins.set(key, left);
      this.#pins.delete(key);
      const ids = this.#releasable.get(key);
      this.#releasable.delete(key);
      for (const id of ids ?? []) this.state.release(id);
    };
  }

  #commit(taken: Step): Promise<void> {
    if (taken.changes.length === 0) return this.#tail;
    this.#tail = this.store.commit(toBatch(taken.changes)).then(
      () => this.records.remember(taken.changes),
      (error) => {
        this.#fail(error);
        throw unavailable(error);
      },
    );
    // A caller that does not wait must not make the failure an unhandled one: `#fail` has dealt with it.
    this.#tail.catch(() => undefined);
    return this.#tail;
  }

  /** What follows at once: the scheduler's books, and what may leave before it is durable (E2). */
  #follow(effects: readonly Effect[], now: Now): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "started":
          this.filler.follow(effect, now);
          this.#sendRun(effect.promise, effect.session, effect.lease);
          break;
        case "ready":
        case "claims":
        case "unready":
        case "freed":
        case "slots":
          this.filler.follow(effect, now);
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
    if (!this.#pins.has(key)) return this.state.release(promise);
    const ids = this.#releasable.get(key) ?? new Set();
    ids.add(promise);
    this.#releasable.set(key, ids);
  }

  #sendRun(promise: PromiseId, session: SessionId, lease: LeaseId): void {
    const entry = this.state.promises.get(promise)!;
    const { record } = entry;
    if (record.input) {
      const input = record.input.run;
      return this.#workers?.run(session, { lease, promise, record, input });
    }
    // If what was stepped so far does not become durable, the lease goes with it (E4).
    this.#tail.then(() => this.#loadRun(promise, session, lease), () => undefined)
      .catch(this.#options.onFault);
  }

  async #loadRun(promise: PromiseId, session: SessionId, lease: LeaseId): Promise<void> {
    const read = await this.#readInput(promise, lease);
    if (this.state.leases.get(lease)?.state !== "held") return;
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

  /** Reads an input until it can be read, or the lease is over: the worker waits for it. */
  async #readInput(promise: PromiseId, lease: LeaseId): ReturnType<typeof readInput> {
    for (;;) {
      try {
        return await readInput(this.store, promise);
      } catch (error) {
        this.#options.onFault(error);
      }
      await sleep(this.clock, AGAIN_MS, this.#stopping.signal);
      if (this.#isStopped || !this.state.leases.has(lease)) return null;
    }
  }

  /** One timer of the clock stands for all that is due in the state. */
  #arm(): void {
    const due = this.state.nextDue ?? Infinity;
    if (due === this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = due;
    this.#disarm = due === Infinity ? null : this.clock.timer(due, () => {
      this.#armedFor = Infinity;
      this.#tick();
    });
  }

  #tick(): void {
    if (!this.isWritable) return;
    try {
      this.run({ type: "tick" });
    } catch (error) {
      // `#fail` has dealt with it; nobody waits for a tick.
      if (!(error instanceof HeartyError)) throw error;
    }
  }

  /** E4. */
  #fail(error: unknown, pauseMs: number = 0): void {
    if (!this.isWritable) return;
    this.#isBroken = true;
    this.#options.onFault(error);
    this.#rebuild(pauseMs).catch(this.#options.onFault);
  }

  /** Tries until the store takes and gives again. */
  async #rebuild(pauseMs: number): Promise<void> {
    // What is on its way to the store arrives or fails before it is asked.
    await this.#tail.catch(() => undefined);
    if (pauseMs > 0) await sleep(this.clock, pauseMs, this.#stopping.signal);
    while (!this.#isStopped) {
      try {
        await this.store.commit(probeBatch());
        return await this.#recover(false);
      } catch (error) {
        this.#options.onFault(error);
      }
      await sleep(this.clock, AGAIN_MS, this.#stopping.signal);
    }
  }

  async #recover(isRestart: boolean): Promise<void> {
    this.#disarm?.();
    this.#armedFor = Infinity;
    const state = new State(this.#options.settings);
    const effects = await recover(this.store, state, { now: this.clock.now(), isRestart });
    if (this.#isStopped) return;
    const now = this.clock.now();
    this.#releasable.clear();
    this.records.clear();
    this.state = state;
    this.filler.reset(now);
    this.#workers?.reset();
    this.#tail = Promise.resolve();
    this.#isBroken = false;
    this.#follow(effects, now);
    this.#arm();
  }
}

function isLate({ type }: Effect): boolean {
  return type === "ack" || type === "lost" || type === "fault" || type === "drained" ||
    type === "wake" || type === "settled";
}

/** A step that failed, as its caller hears of it; it has been told of as a fault. */
function failed(cause: unknown): HeartyError {
  if (cause instanceof HeartyError) return cause;
  const detail = "Cannot go on: the server failed at it, and reads its store anew";
  return new HeartyError(refuse("internal-error", { detail, retryMs: 5_000 }), { cause });
}

function unavailable(cause?: unknown): HeartyError {
  const detail =
    "Cannot store anything now: the storage does not take it; what is stored can be read";
  return new HeartyError(refuse("storage-unavailable", { detail, retryMs: 5_000 }), { cause });
}
