// The worker protocol, both directions: every message that may cross the socket, in two shapes.
//
// The server keeps values as JSON text, because it stores and passes them on without looking into them. The other
// end, a program that computes, holds live values. So each direction has one union for the server's end, with
// everything parsed and nothing left out (`WorkerMessage`, `ServerMessage`), and one for the worker's end, spelled
// as on the wire (`SentMessage`, `ReceivedMessage`). `frame.ts` turns each into frames and back.

import type { LeaseId, SessionId } from "../core/ids.ts";
import type { KindOffer } from "../core/kind.ts";

/** What both ends speak: one JSON object a text frame, or one MessagePack map a binary frame. */
export type Protocol = "hearty.v1.json" | "hearty.v1.msgpack";

/** All protocols. */
export const PROTOCOLS: readonly Protocol[] = ["hearty.v1.json", "hearty.v1.msgpack"];

/** Before a base64url token in an offered subprotocol: for clients that cannot set headers. */
export const BEARER_PREFIX = "hearty.bearer.";

/** A value as the server's end holds it: JSON text, or bytes. */
export type Content =
  | { readonly contentType: string; readonly json: string }
  | { readonly contentType: string; readonly body: Uint8Array };

/** A value as the worker's end holds it: what JSON or MessagePack said, or bytes. */
export type LiveContent =
  | { readonly contentType: string; readonly value: unknown }
  | { readonly contentType: string; readonly body: Uint8Array };

/** Why a `hello` was refused. */
export type RefusedReason = "name-taken" | "late" | "unauthorised" | "protocol";

/** Worker → server, parsed. */
export type WorkerMessage =
  | HelloMessage
  | ProgressMessage
  | ItemMessage
  | ChunkMessage
  | FulfillMessage
  | RejectMessage
  | { readonly type: "cancelled"; readonly lease: LeaseId }
  | { readonly type: "capacity"; readonly concurrency: number }
  | { readonly type: "drain" }
  | { readonly type: "pong"; readonly n: number };

/** Who a worker is and what it offers: the first message. */
export interface HelloMessage {
  readonly type: "hello";
  readonly name: string;
  readonly concurrency: number;
  readonly kinds: readonly KindOffer[];
  readonly labels: Readonly<Record<string, string>>;
  /** The registration and the leases that it wants back. */
  readonly resume: { readonly session: SessionId; readonly leases: readonly LeaseId[] } | null;
  /** The highest epoch that it has met; a hint. */
  readonly epoch: number | null;
}

/** How far an attempt is. */
export interface ProgressMessage {
  readonly type: "progress";
  readonly lease: LeaseId;
  /** 0 … 1. */
  readonly fraction: number | null;
  readonly message: string | null;
}

/** The next piece of a streamed result. */
export interface ItemMessage {
  readonly type: "item";
  readonly lease: LeaseId;
  readonly seq: number;
  readonly content: Content;
}

/** The next piece of one value that is too large for a frame. */
export interface ChunkMessage {
  readonly type: "chunk";
  readonly lease: LeaseId;
  readonly seq: number;
  readonly body: Uint8Array;
}

/** An attempt is done. */
export interface FulfillMessage {
  readonly type: "fulfill";
  readonly lease: LeaseId;
  /** The one value; null: the end of items or chunks. */
  readonly content: Content | null;
  /** The media type of a value that came in chunks; null if there is `content`, or none was named. */
  readonly contentType: string | null;
  readonly tags: readonly string[];
  readonly ttlMs: number | null;
}

/** An attempt failed. */
export interface RejectMessage {
  readonly type: "reject";
  readonly lease: LeaseId;
  readonly error: {
    readonly name: string;
    readonly message: string;
    readonly retryable: boolean;
    /** JSON text; null if there is none. */
    readonly detail: string | null;
  };
}

/** Server → worker. `Input` is how this end holds values. */
export type ServerMessage<Input = Content> =
  | WelcomeMessage
  | { readonly type: "refused"; readonly reason: RefusedReason }
  | RunMessage<Input>
  | { readonly type: "ack"; readonly lease: string; readonly seq?: number | undefined }
  | { readonly type: "cancel"; readonly lease: string; readonly reason: string }
  | { readonly type: "lost"; readonly lease: string }
  | { readonly type: "ping"; readonly n: number }
  | { readonly type: "bye"; readonly reason: string; readonly retryMs: number }
  | ErrorMessage;

/** A worker is registered. */
export interface WelcomeMessage {
  readonly type: "welcome";
  readonly session: string;
  readonly heartbeatMs: number;
  readonly graceMs: number;
  /** Largest frame, in bytes. */
  readonly maxFrame: number;
  /** Most bytes of items and chunks that may be unacknowledged. */
  readonly unacked: number;
  readonly epoch: number;
  /** The leases that it still holds. */
  readonly leases: readonly string[];
}

/** An attempt begins. */
export interface RunMessage<Input = Content> {
  readonly type: "run";
  readonly lease: string;
  readonly promise: string;
  readonly kind: string;
  readonly attempt: number;
  readonly input: Input;
  readonly storedItems: number;
  readonly timeoutMs?: number | undefined;
  readonly traceparent?: string | undefined;
}

/** A message was not understood. */
export interface ErrorMessage {
  readonly type: "error";
  /** The message's type. */
  readonly about: string;
  readonly message: string;
  readonly lease?: string | undefined;
  /** Of a gap: the `seq` that was due. */
  readonly expected?: number | undefined;
}

/** Server → worker, as the worker's end gets it. */
export type ReceivedMessage = ServerMessage<LiveContent>;

/** Worker → server, as the worker's end spells it. */
export type SentMessage =
  | SentHello
  | {
    readonly type: "progress";
    readonly lease: string;
    readonly fraction?: number;
    readonly message?: string;
  }
  | SentPiece & { readonly type: "item"; readonly lease: string; readonly seq: number }
  | {
    readonly type: "chunk";
    readonly lease: string;
    readonly seq: number;
    readonly body: Uint8Array;
  }
  | (SentPiece | { readonly contentType?: string }) & {
    readonly type: "fulfill";
    readonly lease: string;
    readonly tags?: readonly string[];
    readonly ttl?: string | number;
  }
  | { readonly type: "reject"; readonly lease: string; readonly error: SentError }
  | { readonly type: "cancelled"; readonly lease: string }
  | { readonly type: "capacity"; readonly concurrency: number }
  | { readonly type: "drain" }
  | { readonly type: "pong"; readonly n: number };

/** A value or bytes on their way to the server. */
export type SentPiece =
  | { readonly contentType?: string; readonly value: unknown }
  | { readonly contentType?: string; readonly body: Uint8Array };

/** A failure as a worker tells it. */
export interface SentError {
  readonly name?: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Anything that JSON can say. */
  readonly detail?: unknown;
}

/** A worker's first message, as it is spelled. */
export interface SentHello {
  readonly type: "hello";
  readonly name: string;
  readonly concurrency: number;
  readonly kinds: readonly SentKind[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly resume?: { readonly session: string; readonly leases: readonly string[] };
  readonly epoch?: number;
}

/** JSON Schema, draft 2020-12. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** What a worker says of a kind beside its name. Durations are texts (`30s`, `PT5S`) or numbers of seconds. */
export interface KindSpelling {
  /** Jobs posted for another version do not come here. */
  readonly version?: string;
  readonly description?: string;
  /** What the server checks inputs against. */
  readonly input?: JsonSchema;
  /** What the server checks results against. */
  readonly output?: JsonSchema;
  /** How long a settled promise is kept. */
  readonly ttl?: string | number;
  /** How long a failure that is not retryable is given to equal jobs. */
  readonly failureTtl?: string | number;
  /** Longest run of one attempt. */
  readonly timeout?: string | number;
  /** Most attempts. */
  readonly attempts?: number;
  /** First pause before a retry. */
  readonly retryBase?: string | number;
  /** Longest pause before a retry. */
  readonly retryCap?: string | number;
}

/** A kind on offer, as it is spelled. */
export interface SentKind extends KindSpelling {
  readonly kind: string;
}
