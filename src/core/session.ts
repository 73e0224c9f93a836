// A session: a worker's registration, which survives reconnecting. How it comes and goes is in connect.ts.
//
// W2. A session's leases are never more than its slots; cancelled ones count until they have ended.

import type { Mono, Time } from "../base/clock.ts";
import type { KindName, LeaseId, SessionId } from "./ids.ts";
import type { Lease } from "./lease.ts";
import type { Timer } from "./state.ts";

/** A worker's registration. Only steps alter it. */
export interface Session {
  readonly id: SessionId;
  readonly name: string;
  readonly principal: string;
  address: string;
  labels: Readonly<Record<string, string>>;
  concurrency: number;
  /** The groups of jobs that it takes. */
  groups: ReadonlySet<string>;
  kinds: readonly KindName[];
  readonly leases: Map<LeaseId, Lease>;
  /** Null while the connection is open, else since when it is broken. */
  brokenAt: Mono | null;
  /** The end of the grace. */
  timer: Timer | null;
  /** It wants no new jobs. */
  isDraining: boolean;
  connectedAt: Time;
  /** Attempts that it fulfilled, rejected, and lost. */
  done: number;
  failed: number;
  lost: number;
}

/** Jobs that the same workers can take. */
export function groupOf(kind: KindName, version: string): string {
  return version === "" ? kind : `${kind} ${version}`;
}

/** Whether a session may be given a job now. */
export function isOpen(session: Session): boolean {
  return session.brokenAt === null && !session.isDraining;
}

/** How many more leases a session may have: none beside a quarantined job (W2, L4). */
export function freeSlots(session: Session): number {
  const { concurrency, leases } = session;
  return isOpen(session) && !runsAlone(session) ? Math.max(0, concurrency - leases.size) : 0;
}

/** Whether a session runs a quarantined job (L4). */
export function runsAlone({ leases }: Session): boolean {
  return leases.size === 1 && leases.values().next().value!.isAlone;
}
