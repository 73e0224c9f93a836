// What the engine needs of those who talk to workers. `dispatch/` implements it; `hearty.ts` hands it over.

import type { LeaseId, PromiseId, SessionId } from "../core/ids.ts";
import type { PromiseRecord } from "../core/promise.ts";
import type { RunInput } from "../core/command.ts";

/** An attempt that a worker is to begin. */
export interface RunOrder {
  readonly lease: LeaseId;
  readonly promise: PromiseId;
  readonly record: PromiseRecord;
  readonly input: RunInput;
}

/** A message of a worker that was not acceptable. */
export interface Fault {
  readonly about: string;
  readonly lease: LeaseId;
  readonly message: string;
  /** Of a gap: the `seq` that was due. */
  readonly expected: number | null;
}

/** The connected workers, as the engine speaks to them. Unknown or broken sessions are silently passed over. */
export interface Workers {
  /** Begin an attempt. */
  run(session: SessionId, order: RunOrder): void;
  /** Stop an attempt. */
  cancel(session: SessionId, lease: LeaseId, reason: string): void;
  /** Items up to `seq`, or with null the settling message, are stored. */
  ack(session: SessionId, lease: LeaseId, seq: number | null): void;
  /** The lease is not this worker's any more. */
  lost(session: SessionId, lease: LeaseId): void;
  /** A message was not acceptable. */
  fault(session: SessionId, fault: Fault): void;
  /** The session wanted to drain, and its last lease has ended. */
  drained(session: SessionId): void;
  /** What is in memory was rebuilt from the store: every worker is to come back and resume. */
  reset(): void;
}
