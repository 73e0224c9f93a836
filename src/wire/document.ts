// The promise document: what `GET /promises/{id}` answers.

import type { Phase, State } from "../core/terms.ts";
import type { ErrorDocument } from "./error-document.ts";

/** A promise as people and programs see it. Times are RFC 3339 in UTC. */
export interface PromiseDocument {
  readonly id: string;
  readonly kind: string;
  readonly state: State;
  /** Null once it is settled. */
  readonly phase: Phase | null;
  readonly key: string;
  /** How many owners want it. */
  readonly owners: number;
  /** The highest class of its interests. */
  readonly priority: number;
  readonly queue: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly settledAt: string | null;
  readonly expiresAt: string | null;
  /** The current attempt, from 1; 0 before the first. */
  readonly attempt: number;
  readonly attempts: number;
  /** Who runs it, or ran it last. */
  readonly worker: string | null;
  /** How many jobs go before it. */
  readonly position: number | null;
  /** Why it does not start, in words. */
  readonly waitingFor: string | null;
  readonly progress: { readonly fraction?: number; readonly message?: string } | null;
  readonly input: { readonly type: string; readonly bytes: number };
  readonly result: { readonly type: string; readonly bytes: number } | null;
  readonly items: number;
  readonly error: ErrorDocument | null;
  readonly tags: readonly string[];
  readonly links: {
    readonly self: string;
    readonly result: string;
    readonly events: string;
    readonly input: string;
  };
}
