// After a start: leases that were out when the server went are open again, for the grace, under sessions that
// wait for their workers.

import type { Now } from "../base/clock.ts";
import { isQuarantined, type Lease, limitAttempt } from "./lease.ts";
import type { PromiseRecord } from "./promise.ts";
import type { Session } from "./session.ts";
import type { State } from "./state.ts";

/** Opens the lease of a running promise again; its time limit and its grace begin anew. */
export function restoreLease(state: State, record: PromiseRecord, now: Now): void {
  const { life } = record;
  if (life.state !== "pending" || life.doing !== "running") return;
  const session = state.sessions.get(life.session) ?? restoreSession(state, life, now);
  const lease: Lease = {
    id: life.lease,
    promise: record.id,
    session,
    attempt: record.attempt,
    startedAt: now.mono,
    state: "held",
    timer: null,
    isAlone: isQuarantined(record),
  };
  state.leases.set(lease.id, lease);
  session.leases.set(lease.id, lease);
  limitAttempt(state, lease, record);
}

/** The connections that held a promise's interests went with the server: they have the grace to come back (N3). */
export function restoreHolds(state: State, { id, interests }: PromiseRecord, now: Now): void {
  for (const { owner, queue, holds } of interests) {
    if (holds === 0) continue;
    state.orphans ??= {
      timer: state.arm(now.mono + state.settings.graceMs, { type: "orphans" }),
      holds: [],
    };
    state.orphans.holds.push({ promise: id, owner, queue, count: holds });
  }
}

function restoreSession(
  state: State,
  { session: id, worker, principal, since }: {
    session: Session["id"];
    worker: string;
    principal: string;
    since: number;
  },
  now: Now,
): Session {
  const session: Session = {
    id,
    name: worker,
    principal,
    address: "",
    labels: {},
    concurrency: 0,
    groups: new Set(),
    kinds: [],
    leases: new Map(),
    brokenAt: now.mono,
    timer: state.arm(now.mono + state.settings.graceMs, { type: "session", id }),
    isDraining: false,
    connectedAt: since,
    done: 0,
    failed: 0,
    lost: 0,
  };
  state.sessions.set(id, session);
  state.sessionsByName.set(worker, session);
  return session;
}
