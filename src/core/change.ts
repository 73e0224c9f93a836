// What a step decides: changes, which are written in one batch; effects, which follow; and the outcome, which is
// the answer to whoever asked. Nothing here happens inside the core.

import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "./ids.ts";
import type { KindRecord } from "./kind.ts";
import type { JobInput, PromiseRecord, SettledRecord } from "./promise.ts";
import type { Content } from "./command.ts";
import type { Refusal } from "./problem.ts";
import type { Sharing } from "./terms.ts";

/** One alteration of what is stored. */
export type Change =
  /** A new promise, with its input; its key now names it. */
  | { readonly type: "create"; readonly record: PromiseRecord; readonly input: JobInput }
  /** A promise's record has changed; `was` is what it replaces. */
  | { readonly type: "update"; readonly record: PromiseRecord; readonly was: PromiseRecord }
  /** The next item of a promise. */
  | {
    readonly type: "item";
    readonly promise: PromiseId;
    readonly seq: number;
    readonly content: Content;
  }
  /** A piece of a promise's one value, from a byte on. */
  | {
    readonly type: "piece";
    readonly promise: PromiseId;
    readonly offset: number;
    readonly body: Uint8Array;
  }
  /** The pieces of an attempt that did not finish go, all of them. */
  | { readonly type: "drop-pieces"; readonly promise: PromiseId }
  | { readonly type: "kind"; readonly record: KindRecord }
  /** A promise goes with all that belongs to it. */
  | { readonly type: "forget"; readonly record: SettledRecord }
  /** The greatest id so far, kept because its promise may go. */
  | { readonly type: "floor"; readonly id: PromiseId };

/** What follows a step. */
export type Effect =
  // At once, in memory: who waits for a slot, and which slots there are.
  /** The job can run from now on. */
  | { readonly type: "ready"; readonly promise: PromiseId }
  /** The claims on a ready or running job have changed. */
  | { readonly type: "claims"; readonly promise: PromiseId }
  /** The job cannot run any more. */
  | { readonly type: "unready"; readonly promise: PromiseId }
  /** The job got a slot. */
  | {
    readonly type: "started";
    readonly promise: PromiseId;
    readonly session: SessionId;
    readonly lease: LeaseId;
  }
  /** A lease has ended and its slot is free; it was held for `ranMs`. */
  | {
    readonly type: "freed";
    readonly promise: PromiseId;
    readonly session: SessionId;
    readonly ranMs: number;
  }
  /** Slots may have appeared or gone otherwise: a worker came or went, has more or fewer, or wants no more jobs. */
  | { readonly type: "slots" }
  // To a worker, at once: no statement about what is stored.
  | {
    readonly type: "cancel";
    readonly session: SessionId;
    readonly lease: LeaseId;
    readonly reason: string;
  }
  // To a worker, once the step is durable.
  | {
    readonly type: "ack";
    readonly session: SessionId;
    readonly lease: LeaseId;
    readonly seq: number | null;
  }
  | { readonly type: "lost"; readonly session: SessionId; readonly lease: LeaseId }
  /** A message was not acceptable; the lease stays as it is. */
  | {
    readonly type: "fault";
    readonly session: SessionId;
    readonly lease: LeaseId;
    readonly about: string;
    readonly message: string;
    readonly expected: number | null;
  }
  /** The session has drained: its last lease ended. */
  | { readonly type: "drained"; readonly session: SessionId }
  // To readers and to whoever waits, once the step is durable.
  | { readonly type: "wake"; readonly promise: PromiseId }
  /** The promise was settled: it may leave memory when that is durable. */
  | { readonly type: "settled"; readonly promise: PromiseId; readonly key: JobKey }
  | { readonly type: "kind-changed"; readonly kind: KindName };

/** The answer of a step. */
export type Outcome =
  | { readonly type: "done" }
  | { readonly type: "refused"; readonly refusal: Refusal }
  | { readonly type: "posted"; readonly promise: PromiseId; readonly sharing: Sharing }
  | { readonly type: "record"; readonly record: PromiseRecord }
  | {
    readonly type: "connected";
    readonly session: SessionId;
    readonly leases: readonly LeaseId[];
    readonly isResumed: boolean;
  }
  | { readonly type: "name-taken" };

/** What a step decided. */
export interface Step {
  readonly changes: readonly Change[];
  readonly effects: readonly Effect[];
  readonly outcome: Outcome;
}

/** A step in the making. */
export class Draft {
  readonly changes: Change[] = [];
  readonly effects: Effect[] = [];
  /** Where in `changes` a promise's record is. */
  readonly #records: Map<PromiseId, number> = new Map();

  /** Records an alteration of what is stored. A later one of the same record replaces the earlier. */
  change(change: Change): void {
    if (change.type === "update" && this.#merge(change.record)) return;
    if (change.type === "update" || change.type === "create") {
      this.#records.set(change.record.id, this.changes.length);
    }
    this.changes.push(change);
  }

  /** Records what follows. */
  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  /** The finished step. */
  end(outcome: Outcome = DONE): Step {
    return { changes: this.changes, effects: this.effects, outcome };
  }

  /** One row is written once a batch: an update of a record that the draft already writes takes its place. */
  #merge(record: PromiseRecord): boolean {
    const at = this.#records.get(record.id);
    if (at === undefined) return false;
    const earlier = this.changes[at] as Extract<Change, { type: "create" | "update" }>;
    this.changes[at] = { ...earlier, record };
    return true;
  }
}

const DONE: Outcome = { type: "done" };
