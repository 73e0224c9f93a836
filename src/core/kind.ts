// What the server knows of a kind of job: what workers and the server's owner said of it, and what an
// administrator has set since.

import type { KindName } from "./ids.ts";

/** Settings that `defineJob`, a worker's `hello` and `PATCH /kinds/{kind}` can give; null: the server's default. */
export interface KindSettings {
  /** How long a settled promise is kept, in ms. */
  readonly ttlMs: number | null;
  /** How long a failure that is not retryable is reused, in ms. Default 60,000. */
  readonly failureTtlMs: number | null;
  /** Longest run of one attempt, in ms. */
  readonly timeoutMs: number | null;
  /** Most attempts. Default 3. */
  readonly attempts: number | null;
  /** First pause before a retry, in ms. Default 1,000. */
  readonly retryBaseMs: number | null;
  /** Longest pause before a retry, in ms. Default 60,000. */
  readonly retryCapMs: number | null;
}

/** Nothing set. */
export const NO_SETTINGS: KindSettings = {
  ttlMs: null,
  failureTtlMs: null,
  timeoutMs: null,
  attempts: null,
  retryBaseMs: null,
  retryCapMs: null,
};

/** One version of a kind as it was offered. Schemas are JSON text, so that they are stored and compared as they are. */
export interface KindOffer extends KindSettings {
  readonly kind: KindName;
  /** Empty if the worker named none. */
  readonly version: string;
  readonly description: string | null;
  /** JSON Schema of the input, as JSON text. */
  readonly inputSchema: string | null;
  /** JSON Schema of the result, as JSON text. */
  readonly outputSchema: string | null;
}

/** A kind as it is stored. */
export interface KindRecord {
  readonly kind: KindName;
  /** Every version that was seen, in the order of the first sight. */
  readonly versions: readonly KindOffer[];
  /** The version that defines key and schema now. */
  readonly current: string;
  /** Whether `defineJob` of the server gave the current version; that outranks workers. */
  readonly isDefined: boolean;
  /** What an administrator has set; goes before what was offered. */
  readonly patched: KindSettings & {
    readonly isPaused: boolean;
    readonly maxRunning: number | null;
  };
  /** Raised by each change of `patched` and `current` by a person. */
  readonly revision: number;
}

/** Defaults of a server for what neither a post nor a kind says. */
export interface KindDefaults {
  readonly ttlMs: number;
  readonly failureTtlMs: number;
  readonly timeoutMs: number | null;
  readonly attempts: number;
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
}

/** What holds where nothing is set. */
export const DEFAULT_KIND: KindDefaults = {
  ttlMs: 3_600_000,
  failureTtlMs: 60_000,
  timeoutMs: null,
  attempts: 3,
  retryBaseMs: 1_000,
  retryCapMs: 60_000,
};

/** The current version of a kind. */
export function currentOffer(record: KindRecord): KindOffer {
  return record.versions.find((v) => v.version === record.current)!;
}

/** What holds for a kind: an administrator's word, else the current version's, else the server's. */
export function settingsOf(record: KindRecord, defaults: KindDefaults): KindDefaults {
  const offer = currentOffer(record);
  const set = record.patched;
  return {
    ttlMs: set.ttlMs ?? offer.ttlMs ?? defaults.ttlMs,
    failureTtlMs: set.failureTtlMs ?? offer.failureTtlMs ?? defaults.failureTtlMs,
    timeoutMs: set.timeoutMs ?? offer.timeoutMs ?? defaults.timeoutMs,
    attempts: set.attempts ?? offer.attempts ?? defaults.attempts,
    retryBaseMs: set.retryBaseMs ?? offer.retryBaseMs ?? defaults.retryBaseMs,
    retryCapMs: set.retryCapMs ?? offer.retryCapMs ?? defaults.retryCapMs,
  };
}
