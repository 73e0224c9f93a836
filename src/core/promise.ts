// The record of a promise: the stored, shared state of one job's result. Immutable: a step makes a new one.
//
// P1. A promise is settled once; after that only its expiry changes.
// P2. Items are counted without a gap: item n is stored when `items` is n, and never again.
// P3. `attempt` rises with every start; `spent` counts those that use up `attempts`.
// P4. A pending promise has at least one interest.

import type { Time } from "../base/clock.ts";
import type { Content, RunInput } from "./command.ts";
import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "./ids.ts";
import type { Interest, Wishes } from "./interest.ts";
import { HISTORY_MAX } from "./limits.ts";
import type { JobError, Phase, Reason, State } from "./terms.ts";

/** A result that is complete. */
export type Result =
  | {
    readonly shape: "value";
    readonly type: string;
    readonly bytes: number;
    /** A small value itself; null: it is stored beside the record. */
    readonly body: Uint8Array | null;
  }
  | { readonly shape: "items"; readonly bytes: number };

/** Where a promise stands. */
export type Life =
  | {
    readonly state: "pending";
    readonly doing: "waiting";
    /** Not to be started again before this; null: no back-off. */
    readonly retryAt: Time | null;
    /** Goes to the head of its queues: it lost its worker. */
    readonly isFirst: boolean;
  }
  | {
    readonly state: "pending";
    readonly doing: "running";
    readonly lease: LeaseId;
    readonly session: SessionId;
    readonly worker: string;
    /** Who the worker is, to whom alone the lease is given back. */
    readonly principal: string;
    readonly since: Time;
  }
  | {
    readonly state: "fulfilled";
    readonly result: Result;
    readonly settledAt: Time;
    readonly expiresAt: Time;
  }
  | {
    readonly state: "rejected";
    readonly error: JobError;
    readonly settledAt: Time;
    readonly expiresAt: Time;
    /** Until when an equal job gets this failure again; `settledAt` or before: never. */
    readonly reusableUntil: Time;
  };

/** The part of a life that is over. */
export type SettledLife = Extract<Life, { settledAt: Time }>;

/** How one attempt ended. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: Time;
  readonly endedAt: Time;
  readonly outcome: "fulfilled" | Reason;
  /** What went wrong, for people; null if nothing. */
  readonly message: string | null;
}

/** An input: as it was posted, and as the worker gets it. */
export interface JobInput {
  readonly posted: Content;
  readonly run: RunInput;
}

/** Inputs and values up to so many bytes are part of their promise's record: one row instead of two. */
export const SMALL_BYTES_MAX = 1024;

/** A promise as it is stored. */
export interface PromiseRecord {
  readonly id: PromiseId;
  readonly kind: KindName;
  /** The version of the kind that the job was posted for; workers of other versions do not get it. */
  readonly version: string;
  readonly key: JobKey;
  readonly createdAt: Time;
  /** The media type of the input as posted, and its length. */
  readonly inputType: string;
  readonly inputBytes: number;
  /** A small input itself; null: it is stored beside the record. */
  readonly input: JobInput | null;
  /** W3C trace context of the first post; null if it had none. */
  readonly traceparent: string | null;
  readonly interests: readonly Interest[];
  /** What the interests ask for together; after the last one left, what it was. */
  readonly wishes: Wishes;
  /** The oldest interest's queue; after the last one left, what it was. */
  readonly queue: string;
  readonly tags: readonly string[];
  readonly attempt: number;
  readonly spent: number;
  /** How many workers were lost while they ran it. */
  readonly losses: number;
  /** How often its worker came back without it, which blames nobody the first times. */
  readonly dropped: number;
  readonly items: number;
  readonly itemBytes: number;
  /** Chunks of one value that the running attempt has sent, or sent until it was fulfilled; and their length. */
  readonly chunks: number;
  readonly chunkBytes: number;
  /** When its first attempt began. */
  readonly startedAt: Time | null;
  readonly history: readonly AttemptRecord[];
  /** Raised by each change of what people can set. */
  readonly revision: number;
  readonly life: Life;
}

/** A record that is settled. */
export type SettledRecord = PromiseRecord & { readonly life: SettledLife };

/** Whether a promise is settled. */
export function isSettled(record: PromiseRecord): record is SettledRecord {
  return record.life.state !== "pending";
}

/** The state of a promise. */
export function stateOf(record: PromiseRecord): State {
  return record.life.state;
}

/** The phase of a pending promise at a time; null if it is settled. Time alone moves `delayed` and `retrying` to `queued`: nothing is written for it. */
export function phaseOf(record: PromiseRecord, wall: Time): Phase | null {
  const { life, wishes } = record;
  if (life.state !== "pending") return null;
  if (life.doing === "running") return "running";
  if (life.retryAt !== null && life.retryAt > wall) return "retrying";
  return wishes.notBefore !== null && wishes.notBefore > wall ? "delayed" : "queued";
}

/** The last moment, exclusive, at which an equal job may be given this settled promise. */
export function reusableUntil(record: SettledRecord): Time {
  const { life } = record;
  return life.state === "fulfilled" ? life.expiresAt : Math.min(life.reusableUntil, life.expiresAt);
}

/** Whether an equal job may be given this settled promise at a time, if it accepts results of up to `maxAgeMs` (null: of any age). */
export function isReusable(record: SettledRecord, wall: Time, maxAgeMs: number | null): boolean {
  if (wall >= reusableUntil(record)) return false;
  return maxAgeMs === null || (maxAgeMs > 0 && wall - record.life.settledAt <= maxAgeMs);
}

/** The history of a running promise with its current attempt ended. */
export function withAttempt(
  record: PromiseRecord,
  wall: Time,
  outcome: AttemptRecord["outcome"],
  message: string | null,
): readonly AttemptRecord[] {
  const { life } = record;
  if (life.state !== "pending" || life.doing !== "running") return record.history;
  const ended: AttemptRecord = {
    attempt: record.attempt,
    worker: life.worker,
    startedAt: life.since,
    endedAt: wall,
    outcome,
    message,
  };
  return [...record.history, ended].slice(-HISTORY_MAX);
}
