// The one door into the core: a command goes in, and what is to be written, what follows and the answer come out.
// A step is synchronous and deterministic: the same state, command, time and random numbers give the same result.
// It alters the state at once; if its changes cannot be written, the state must be rebuilt from the store.

import { unreachable } from "../base/assert.ts";
import type { Now } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { onLease } from "./attempt.ts";
import { Draft, type Outcome, type Step } from "./change.ts";
import type { Command } from "./command.ts";
import { breakSession, connect, endSession } from "./connect.ts";
import { learnKind } from "./kinds.ts";
import { cancelLease, freeLease, start } from "./lease.ts";
import { kill, move, post, release, withdraw } from "./post.ts";
import type { SettledRecord } from "./promise.ts";
import { reject } from "./settle.ts";
import type { State } from "./state.ts";

/** A settled promise that is given again stays readable at least so long, in ms. */
const REUSE_KEEPS_MS = 60_000;

/** Takes one step. */
export function step(state: State, command: Command, now: Now, random: Random): Step {
  const draft = new Draft();
  const outcome = decide({ state, draft, now, random }, command);
  return draft.end(outcome);
}

interface Context {
  readonly state: State;
  readonly draft: Draft;
  readonly now: Now;
  readonly random: Random;
}

function decide(context: Context, command: Command): Outcome | undefined {
  const { state, draft, now } = context;
  switch (command.type) {
    case "post":
      return post(state, draft, command, context);
    case "move":
      return move(state, draft, command, now);
    case "withdraw":
      return withdraw(state, draft, command, now);
    case "release":
      return release(state, draft, command, now);
    case "kill":
      return kill(state, draft, command, now);
    case "reuse":
      return reuse(draft, command.record, command.ttlMs, now);
    case "keep":
      return keepUntil(draft, command.record, {
        expiresAt: command.record.life.settledAt + command.ttlMs,
        revision: command.record.revision + 1,
      });
    case "item":
    case "chunk":
    case "fulfill":
    case "reject":
    case "cancelled":
      onLease(state, draft, command, context);
      return undefined;
    case "start":
      return begin(context, command);
    case "connect":
      return connect(context, command);
    case "break":
    case "disconnect":
    case "capacity":
    case "drain":
      onSession(state, draft, command, now);
      return undefined;
    case "define":
      learnKind(state, draft, command.offer, true);
      return undefined;
    case "forget":
      forget(state, draft, command.records);
      return undefined;
    case "tick":
      tick(context);
      return undefined;
    default:
      return unreachable(command);
  }
}

function begin(context: Context, command: Extract<Command, { type: "start" }>): undefined {
  const { state, draft, now, random } = context;
  const entry = state.promises.get(command.promise)!;
  const session = state.sessions.get(command.session)!;
  start(state, draft, { entry, session, now, random });
}

function onSession(
  state: State,
  draft: Draft,
  command: Extract<Command, { type: "break" | "disconnect" | "capacity" | "drain" }>,
  now: Now,
): void {
  const session = state.sessions.get(command.session);
  if (!session) return;
  switch (command.type) {
    case "break":
      return breakSession(state, draft, session, now);
    case "disconnect":
      return endSession(state, draft, session, { now, isBlamed: false });
    case "capacity":
      session.concurrency = command.concurrency;
      return draft.effect({ type: "slots" });
    case "drain":
      session.isDraining = true;
      draft.effect({ type: "slots" });
      if (session.leases.size === 0) draft.effect({ type: "drained", session: session.id });
  }
}

/** A hit moves the expiry to the latest of what it was, what the post asked for, and a minute from now. */
function reuse(draft: Draft, record: SettledRecord, ttlMs: number | null, now: Now): Outcome {
  const { expiresAt, settledAt } = record.life;
  const asked = ttlMs === null ? 0 : settledAt + ttlMs;
  return keepUntil(draft, record, {
    expiresAt: Math.max(expiresAt, asked, now.wall + REUSE_KEEPS_MS),
    revision: record.revision,
  });
}

function keepUntil(
  draft: Draft,
  record: SettledRecord,
  { expiresAt, revision }: { expiresAt: number; revision: number },
): Outcome {
  if (expiresAt === record.life.expiresAt) return { type: "record", record };
  const kept = { ...record, revision, life: { ...record.life, expiresAt } };
  draft.change({ type: "update", record: kept, was: record });
  draft.effect({ type: "wake", promise: record.id });
  return { type: "record", record: kept };
}

/** D1: the greatest id so far stays known when its promise goes. */
function forget(state: State, draft: Draft, records: readonly SettledRecord[]): void {
  for (const record of records) draft.change({ type: "forget", record });
  if (state.lastId !== null) draft.change({ type: "floor", id: state.lastId });
}

/** Everything that is due by now, in its order. */
function tick({ state, draft, now }: Context): void {
  for (;;) {
    const timer = state.timers.peek();
    if (!timer || timer.at > now.mono) return;
    state.timers.remove(timer);
    const { what } = timer;
    switch (what.type) {
      case "promise":
        state.due(draft, state.promises.get(what.id)!, now);
        break;
      case "session": {
        const session = state.sessions.get(what.id)!;
        endSession(state, draft, session, { now, isBlamed: true });
        break;
      }
      case "lease":
        leaseDue(state, draft, what.id, now);
        break;
      case "orphans":
        orphansDue(state, draft, now);
        break;
      default:
        unreachable(what);
    }
  }
}

/** The grace after a restart is over: who has not come back holds nothing. */
function orphansDue(state: State, draft: Draft, now: Now): void {
  const { holds } = state.orphans!;
  state.orphans = null;
  for (const { promise, owner, queue, count } of holds) {
    for (let n = 0; n < count; n++) {
      release(state, draft, { promise, owner, queue, isKept: false }, now);
    }
  }
}

function leaseDue(
  state: State,
  draft: Draft,
  id: Parameters<State["leases"]["get"]>[0],
  now: Now,
): void {
  const lease = state.leases.get(id)!;
  lease.timer = null;
  if (lease.state === "cancelling") {
    // The cancel grace is over: whatever the worker still does, the slot is given away.
    draft.effect({ type: "lost", session: lease.session.id, lease: lease.id });
    return freeLease(state, draft, lease, now);
  }
  const entry = state.promises.get(lease.promise)!;
  const limitMs = entry.record.wishes.timeoutMs;
  const message = `Attempt ${lease.attempt} ran longer than ${limitMs} ms`;
  const error = {
    reason: "timed-out",
    name: "timed-out",
    message,
    retryable: true,
    detail: null,
  } as const;
  reject(state, draft, { entry, record: entry.record, error, now });
  cancelLease(state, draft, lease, { reason: "timed-out", now });
}
