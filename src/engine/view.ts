// What is worth showing and is not stored: how far an attempt is, where a job stands, why it waits.

import type { PromiseId } from "../core/ids.ts";
import { type Lease, leaseOf, QUARANTINE_LOSSES } from "../core/lease.ts";
import type { PromiseRecord } from "../core/promise.ts";
import { groupOf } from "../core/session.ts";
import type { Engine } from "./engine.ts";

/** How far an attempt is. */
export interface Progress {
  readonly fraction: number | null;
  readonly message: string | null;
}

/** Why a job waits: a code for programs, a sentence for people. */
export interface Waiting {
  readonly code: "no-worker" | "slots" | "delayed" | "backoff" | "quarantine";
  readonly text: string;
}

/** Live facts about pending promises. */
export class View {
  readonly #engine: Engine;
  /** What is told of an attempt goes with its lease. */
  readonly #progress: WeakMap<Lease, Progress> = new WeakMap();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A worker tells how far it is; true if anything changed. Forgotten when the attempt ends. */
  report(id: PromiseId, progress: Progress): boolean {
    const lease = this.#lease(id);
    if (!lease) return false;
    const old = this.#progress.get(lease);
    if (old?.fraction === progress.fraction && old.message === progress.message) return false;
    const next = {
      fraction: progress.fraction ?? old?.fraction ?? null,
      message: progress.message ?? old?.message ?? null,
    };
    this.#progress.set(lease, next);
    return true;
  }

  /** How far it is; null: it does not run, or has not told. */
  progress(id: PromiseId): Progress | null {
    const lease = this.#lease(id);
    return lease ? this.#progress.get(lease) ?? null : null;
  }

  #lease(id: PromiseId): Lease | null {
    const { state } = this.#engine;
    const entry = state.promises.get(id);
    return entry ? leaseOf(state, entry.record) : null;
  }

  /** How many jobs go before a queued one; null: it is not queued, or that is not known cheaply. */
  position(id: PromiseId): number | null {
    return this.#engine.filler.policy.position(id);
  }

  /** Why a pending job does not run; null if it does. */
  waiting(record: PromiseRecord): Waiting | null {
    const entry = this.#engine.state.promises.get(record.id);
    const { life } = record;
    if (!entry || life.state !== "pending" || life.doing === "running") return null;
    if (entry.place === "timed") return timed(life.retryAt, record);
    const group = groupOf(record.kind, record.version);
    const { slots, free } = this.#engine.filler.capacity(group);
    const kind = record.version === ""
      ? `"${record.kind}"`
      : `"${record.kind}" in version "${record.version}"`;
    if (slots === 0) return { code: "no-worker", text: `No connected worker offers kind ${kind}` };
    if (record.losses >= QUARANTINE_LOSSES) {
      const text = `It took down ${record.losses} workers and waits to run alone on one`;
      return { code: "quarantine", text };
    }
    if (free > 0) return null;
    const are = slots === 1 ? "The one slot" : `All ${slots} slots`;
    return {
      code: "slots",
      text: `${are} of the workers that offer kind ${kind} ${slots === 1 ? "is" : "are"} taken`,
    };
  }
}

function timed(retryAt: number | null, { wishes, spent }: PromiseRecord): Waiting {
  if (retryAt !== null) {
    const at = new Date(retryAt).toISOString();
    return { code: "backoff", text: `Attempt ${spent} failed; it is tried again at ${at}` };
  }
  const at = new Date(wishes.notBefore ?? 0).toISOString();
  return { code: "delayed", text: `It was posted with a delay, until ${at}` };
}
