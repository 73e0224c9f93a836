// Everything that may be asked of the core. A command carries all that its step needs; what is stored elsewhere
// was gathered before.

import type { Time } from "../base/clock.ts";
import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "./ids.ts";
import type { KindOffer } from "./kind.ts";
import type { SettledRecord } from "./promise.ts";
import type { JobError, Priority } from "./terms.ts";

/** Bytes of a media type; those of `application/json` are JSON text in UTF-8, proven to be. */
export interface Content {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** What a worker is given as its input. */
export interface RunInput extends Content {
  /** JSON text that travels as a value; else bytes, because JSON or doubles cannot say it. */
  readonly isValue: boolean;
}

/** What one post asks for; null: not said, so an interest that is there keeps what it has, and a new one takes the default. */
export interface Wish {
  readonly owner: string;
  readonly queue: string;
  readonly priority: Priority | null;
  readonly ttlMs: number | null;
  readonly timeoutMs: number | null;
  readonly attempts: number | null;
  readonly delayMs: number | null;
  readonly deadline: Time | null;
  /** The interest ends with the connection that posts, unless another post makes it lasting. */
  readonly isHeld: boolean;
}

/** Posts a job: joins the unfinished promise of its key, or makes a new one. */
export interface PostCommand {
  readonly type: "post";
  readonly kind: KindName;
  readonly version: string;
  readonly key: JobKey;
  /** As posted. */
  readonly input: Content;
  /** As the worker gets it; its body is the posted one itself where nothing was changed. */
  readonly run: RunInput;
  readonly wish: Wish;
  readonly tags: readonly string[];
  readonly traceparent: string | null;
}

/** All commands. */
export type Command =
  | PostCommand
  /** A settled promise is given to one more post: its expiry may move. */
  | { readonly type: "reuse"; readonly record: SettledRecord; readonly ttlMs: number | null }
  /** Changes the caller's interests in one promise; `queue` null: all of the owner's. */
  | {
    readonly type: "move";
    readonly promise: PromiseId;
    readonly owner: string;
    readonly queue: string | null;
    readonly set: {
      readonly priority?: Priority;
      readonly queue?: string;
      readonly ttlMs?: number;
    };
  }
  /** Sets the time to live of a settled promise. */
  | { readonly type: "keep"; readonly record: SettledRecord; readonly ttlMs: number }
  /** The owner's interests go; `queue` null: all of them. */
  | {
    readonly type: "withdraw";
    readonly promise: PromiseId;
    readonly owner: string;
    readonly queue: string | null;
    readonly reason: string;
  }
  /** A connection that held an interest is over; `isKept`: the interest stays for good. */
  | {
    readonly type: "release";
    readonly promise: PromiseId;
    readonly owner: string;
    readonly queue: string;
    readonly isKept: boolean;
  }
  /** Stops a job for everybody. */
  | { readonly type: "kill"; readonly promise: PromiseId; readonly reason: string }
  /** Gives a ready job to a worker's free slot. */
  | { readonly type: "start"; readonly promise: PromiseId; readonly session: SessionId }
  | {
    readonly type: "item";
    readonly session: SessionId;
    readonly lease: LeaseId;
    readonly seq: number;
    readonly content: Content;
  }
  | {
    readonly type: "chunk";
    readonly session: SessionId;
    readonly lease: LeaseId;
    readonly seq: number;
    readonly body: Uint8Array;
  }
  | {
    readonly type: "fulfill";
    readonly session: SessionId;
    readonly lease: LeaseId;
    /** The one value; null: the end of items or chunks. */
    readonly content: Content | null;
    /** The media type of a value that came in chunks. */
    readonly contentType: string | null;
    readonly tags: readonly string[];
    readonly ttlMs: number | null;
  }
  | {
    readonly type: "reject";
    readonly session: SessionId;
    readonly lease: LeaseId;
    readonly error: JobError;
  }
  /** The worker has stopped working on a cancelled lease. */
  | { readonly type: "cancelled"; readonly session: SessionId; readonly lease: LeaseId }
  | ConnectCommand
  /** A worker's connection broke: the grace of its leases begins. */
  | { readonly type: "break"; readonly session: SessionId }
  /** An operator ends a worker's session: its leases run again, blaming nobody. */
  | { readonly type: "disconnect"; readonly session: SessionId }
  | { readonly type: "capacity"; readonly session: SessionId; readonly concurrency: number }
  /** The worker wants no new jobs; it is told when its last lease has ended. */
  | { readonly type: "drain"; readonly session: SessionId }
  /** A kind that the server itself defines. */
  | { readonly type: "define"; readonly offer: KindOffer }
  /** Settled promises go, expired or forgotten. */
  | { readonly type: "forget"; readonly records: readonly SettledRecord[] }
  /** What is due by now happens: delays, back-offs, time-outs, graces. */
  | { readonly type: "tick" };

/** A worker says hello. */
export interface ConnectCommand {
  readonly type: "connect";
  readonly name: string;
  readonly principal: string;
  readonly address: string;
  readonly concurrency: number;
  readonly offers: readonly KindOffer[];
  readonly labels: Readonly<Record<string, string>>;
  readonly resume: { readonly session: string; readonly leases: readonly string[] } | null;
  /** Whether the connection of the session that now has this name, if it has one, no longer answers. */
  readonly isOldSilent: boolean;
}
