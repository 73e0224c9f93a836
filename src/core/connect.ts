// Workers come, break, come back and go.
//
// W1. At most one session has a name. While its connection is open and answers, nobody takes the name over.
// W3. A broken session keeps its leases for the grace; then they are lost, and so is the session.
// W4. Only the same principal, with the session's own id, gets its leases back.

import type { Now } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Draft, Outcome } from "./change.ts";
import type { ConnectCommand } from "./command.ts";
import { type LeaseId, newSessionId } from "./ids.ts";
import { learnKind } from "./kinds.ts";
import { dropLease, freeLease, loseLease } from "./lease.ts";
import { groupOf, type Session } from "./session.ts";
import type { State } from "./state.ts";

/** A worker says hello: a new session, its own again, or the name is taken. */
export function connect(
  { state, draft, now, random }: Context,
  command: ConnectCommand,
): Outcome {
  const old = state.sessionsByName.get(command.name);
  if (old) {
    const isAlive = old.brokenAt === null && !command.isOldSilent;
    if (isAlive || old.principal !== command.principal) return { type: "name-taken" }; // W1
    if (command.resume?.session === old.id) {
      return resume({ state, draft, now, random }, old, command);
    }
    // The worker was restarted: it knows nothing of what it ran.
    endSession(state, draft, old, { now, isBlamed: true });
  }
  const session: Session = {
    id: newSessionId(random),
    name: command.name,
    principal: command.principal,
    address: command.address,
    labels: command.labels,
    concurrency: command.concurrency,
    groups: new Set(),
    kinds: [],
    leases: new Map(),
    brokenAt: null,
    timer: null,
    isDraining: false,
    connectedAt: now.wall,
    done: 0,
    failed: 0,
    lost: 0,
  };
  state.sessions.set(session.id, session);
  state.sessionsByName.set(session.name, session);
  offer(state, draft, session, command);
  for (const lease of command.resume?.leases ?? []) {
    draft.effect({ type: "lost", session: session.id, lease: lease as LeaseId });
  }
  return { type: "connected", session: session.id, leases: [], isResumed: false };
}

/** What a step works with. */
export interface Context {
  readonly state: State;
  readonly draft: Draft;
  readonly now: Now;
  readonly random: Random;
}

function resume(
  { state, draft, now }: Context,
  session: Session,
  command: ConnectCommand,
): Outcome {
  state.disarm(session.timer);
  session.timer = null;
  session.brokenAt = null;
  session.isDraining = false;
  session.address = command.address;
  session.labels = command.labels;
  session.concurrency = command.concurrency;
  session.connectedAt = now.wall;
  offer(state, draft, session, command);
  const named = new Set<string>(command.resume!.leases);
  const isAlone = session.leases.size === 1;
  const kept: LeaseId[] = [];
  for (const lease of [...session.leases.values()]) {
    const isNamed = named.delete(lease.id);
    if (isNamed && lease.state === "held") kept.push(lease.id);
    else if (lease.state === "held") dropLease(state, draft, lease, { now, isAlone });
    else freeLease(state, draft, lease, now);
    if (isNamed && lease.state !== "held") {
      draft.effect({ type: "lost", session: session.id, lease: lease.id });
    }
  }
  for (const lease of named) {
    draft.effect({ type: "lost", session: session.id, lease: lease as LeaseId });
  }
  return { type: "connected", session: session.id, leases: kept, isResumed: true };
}

function offer(state: State, draft: Draft, session: Session, command: ConnectCommand): void {
  for (const one of command.offers) learnKind(state, draft, one, false);
  session.groups = new Set(command.offers.map((one) => groupOf(one.kind, one.version)));
  session.kinds = [...new Set(command.offers.map((one) => one.kind))];
  draft.effect({ type: "slots" });
}

/** The connection broke: the grace begins (W3). */
export function breakSession(state: State, draft: Draft, session: Session, now: Now): void {
  if (session.brokenAt !== null) return;
  session.brokenAt = now.mono;
  if (session.leases.size === 0) return endSession(state, draft, session, { now, isBlamed: false });
  session.timer = state.arm(now.mono + state.settings.graceMs, { type: "session", id: session.id });
  draft.effect({ type: "slots" });
}

/** The session is over: its leases are lost, with or without blame. */
export function endSession(
  state: State,
  draft: Draft,
  session: Session,
  { now, isBlamed }: { now: Now; isBlamed: boolean },
): void {
  state.disarm(session.timer);
  session.timer = null;
  session.brokenAt ??= now.mono;
  state.sessions.delete(session.id);
  if (state.sessionsByName.get(session.name) === session) state.sessionsByName.delete(session.name);
  const isAlone = session.leases.size === 1;
  for (const lease of [...session.leases.values()]) {
    loseLease(state, draft, lease, { now, isBlamed, isAlone });
  }
  draft.effect({ type: "slots" });
}
