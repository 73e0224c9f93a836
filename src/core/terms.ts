// The words of a promise's life, spelled as on the wire. The glossary in src/README.md explains them.

/** Whether a promise is settled, and how. */
export type State = "pending" | "fulfilled" | "rejected";

/** Where a pending promise stands. */
export type Phase = "delayed" | "queued" | "running" | "retrying";

/** Why a promise was rejected. */
export type Reason = "failed" | "cancelled" | "timed-out" | "lost";

/** The priority classes: 0 … 9, 9 the most urgent. */
export type Priority = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The class of a job that asked for none. */
export const NORMAL_PRIORITY: Priority = 5;

/** Names that may stand for a class. */
export const PRIORITY_NAMES: Readonly<Record<string, Priority>> = {
  background: 2,
  normal: 5,
  high: 8,
};

/** The queue of a job that named none. */
export const DEFAULT_QUEUE = "default";

/** The owner of everything where authentication is off and nobody is named. */
export const ANONYMOUS = "anonymous";

/** How a post was answered: a settled promise given again, an unfinished one shared, a new one made; `stale` is a new one in place of a settled one that was too old. */
export type Sharing = "reused" | "joined" | "created" | "stale";

/** Why a promise was rejected, in full. */
export interface JobError {
  readonly reason: Reason;
  /** The error's class, for programs: `BadCurve`, `item-too-large`. */
  readonly name: string;
  /** For people. */
  readonly message: string;
  /** Whether the same job may succeed if it is run again. */
  readonly retryable: boolean;
  /** Anything JSON can say that the worker added, as JSON text; null if nothing. */
  readonly detail: string | null;
}
