// What must hold of the whole memory after every step, and of every record from one step to the next. For tests, the
// simulator and for looking into a server: each check counts from scratch, so it costs as much as there is.
//
// The numbers are those of the files that keep them:
//   D1    ids.ts         ids ascend
//   P1-P4 promise.ts     the record: settled once, items without a gap, attempts counted, somebody wants it
//   N1-N3 interest.ts    interests: one an owner and queue, combined, lasting or held
//   S1-S3 state.ts       places, counters, keys
//   L1-L4 lease.ts       leases: one held a promise, slots, blame, quarantine
//   W1-W3 connect.ts, session.ts   sessions: one a name, with slots, a broken one has an end
//   A1-A2 attempt.ts     results: items or chunks, each in order, chunks only while their attempt lasts
//   K2    kinds.ts       the current version of a kind is one of its versions
//   T1    here           every timer belongs to what it ends, and nothing else is in the heap

import { assert } from "../base/assert.ts";
import type { Change, Step } from "./change.ts";
import { combine, type Interest, type Wishes } from "./interest.ts";
import { isQuarantined, type Lease } from "./lease.ts";
import { HISTORY_MAX } from "./limits.ts";
import { isSettled, type PromiseRecord } from "./promise.ts";
import type { Session } from "./session.ts";
import type { Entry, State, Timer } from "./state.ts";

/** Checks the whole memory. @throws {AssertionError} that begins with the number of what is broken. */
export function checkState(state: State): void {
  for (const [id, entry] of state.promises) {
    assert(id === entry.record.id, `S1: promise ${id} stands under its id`);
    checkRecord(entry.record);
    checkPlace(state, entry);
  }
  checkKeys(state);
  checkWaiting(state);
  for (const [id, lease] of state.leases) {
    assert(id === lease.id, `L1: lease ${id} stands under its id`);
    checkLease(state, lease);
  }
  for (const [id, session] of state.sessions) {
    assert(id === session.id, `W1: session ${id} stands under its id`);
    checkSession(state, session);
  }
  assert(
    state.sessionsByName.size === state.sessions.size,
    "W1: as many names are taken as there are sessions",
  );
  for (const kind of state.kinds.values()) {
    const isKnown = kind.versions.some(({ version }) => version === kind.current);
    assert(isKnown, `K2: the current version of kind "${kind.kind}" is one of its versions`);
  }
  checkTimers(state);
}

/** Checks that each change of a step is an allowed move. @throws {AssertionError} as `checkState`. */
export function checkStep(step: Pick<Step, "changes">): void {
  for (const change of step.changes) {
    if (change.type === "create") checkCreated(change.record);
    if (change.type === "forget") {
      assert(isSettled(change.record), "P1: only a settled promise is forgotten");
    }
    if (change.type !== "update") continue;
    checkMove(change.was, change.record);
    const items = itemsOf(step.changes, change.record);
    const isStored = change.record.items === change.was.items
      ? items.length === 0
      : items.length === 1 && items[0] === change.was.items;
    assert(isStored, `P2: an item of ${change.record.id} is stored with its count`);
  }
}

function itemsOf(changes: readonly Change[], { id }: PromiseRecord): number[] {
  return changes.flatMap((one) => one.type === "item" && one.promise === id ? [one.seq] : []);
}

/** Checks one record by itself. @throws {AssertionError} */
export function checkRecord(record: PromiseRecord): void {
  const { id, interests, life } = record;
  const says = (condition: boolean, what: string) => assert(condition, `${what}, in promise ${id}`);
  says(isCount(record.items) && isCount(record.itemBytes), "P2: items are counted");
  says(record.items > 0 || record.itemBytes === 0, "P2: no bytes without items");
  says(record.items === 0 || record.chunks === 0, "A2: a result is items or chunks");
  const hasChunks = record.chunks > 0 || record.chunkBytes > 0;
  const mayHaveChunks = isRunning(record) || life.state === "fulfilled";
  says(!hasChunks || mayHaveChunks, "A1: chunks go with their attempt");
  says(record.spent <= record.attempt, "P3: no more attempts are spent than were begun");
  says(record.losses <= record.attempt, "P3: no more workers are lost than attempts were begun");
  says((record.startedAt === null) === (record.attempt === 0), "P3: it started with attempt 1");
  says(record.history.length <= HISTORY_MAX, "P3: the history is bounded");
  const ended = record.attempt - (isRunning(record) ? 1 : 0);
  says(record.history.length === Math.min(ended, HISTORY_MAX), "P3: each ended attempt is told of");
  says(life.state !== "pending" || interests.length > 0, "P4: somebody wants what is pending");
  checkInterests(record);
  says(life.state !== "fulfilled" || record.attempt > 0, "P3: what is fulfilled has run");
}

function checkInterests({ id, interests, wishes, queue }: PromiseRecord): void {
  const places = new Set(interests.map((i) => JSON.stringify([i.owner, i.queue])));
  assert(places.size === interests.length, `N1: one interest an owner and queue, in promise ${id}`);
  for (const interest of interests) {
    assert(
      interest.isLasting || interest.holds > 0,
      `N3: an interest has a hold, in promise ${id}`,
    );
    assert(isCount(interest.holds), `N3: holds are counted, in promise ${id}`);
  }
  if (interests.length === 0) return;
  assert(isCombined(wishes, interests), `N2: the wishes are the interests', in promise ${id}`);
  assert(queue === interests[0]!.queue, `N2: the queue is the oldest interest's, in promise ${id}`);
}

function isCombined(wishes: Wishes, interests: readonly Interest[]): boolean {
  const names = ["priority", "ttlMs", "timeoutMs", "attempts", "deadline", "notBefore"] as const;
  const wanted = combine(interests);
  return names.every((name) => wishes[name] === wanted[name]);
}

function checkPlace(state: State, { record, place, timer }: Entry): void {
  const { id, life, wishes } = record;
  switch (place) {
    case "settled":
      assert(life.state !== "pending", `S1: ${id} is settled`);
      assert(timer === null, `T1: the settled ${id} waits for nothing`);
      return;
    case "leased": {
      const isRunning = life.state === "pending" && life.doing === "running";
      assert(isRunning, `S1: ${id} runs`);
      const lease = state.leases.get(life.lease);
      assert(
        lease?.state === "held" && lease.promise === id,
        `L1: the running ${id} has its lease`,
      );
      assert(lease.session.id === life.session, `L1: ${id} knows its worker`);
      assert(lease.attempt === record.attempt, `P3: the lease of ${id} is its newest attempt's`);
      assert(timer === null, `T1: the running ${id} waits for nothing`);
      return;
    }
    case "timed":
    case "ready": {
      assert(life.state === "pending" && life.doing === "waiting", `S1: ${id} waits`);
      const isHeldBack = life.retryAt !== null || wishes.notBefore !== null;
      assert(place === "ready" || isHeldBack, `S1: ${id} waits for a time`);
      assert(place === "ready" || timer !== null, `T1: the waiting ${id} will be woken`);
    }
  }
}

function checkKeys(state: State): void {
  for (const [key, id] of state.byKey) {
    const entry = state.promises.get(id);
    assert(entry?.record.key === key, `S3: the key of ${id} names what is in memory`);
  }
  for (const { record } of state.promises.values()) {
    const isCurrent = state.byKey.get(record.key) === record.id;
    assert(isCurrent || isSettled(record), `S3: the pending ${record.id} is its key's only one`);
    const { lastId } = state;
    assert(lastId !== null && record.id <= lastId, `D1: ${record.id} is no later than the last id`);
  }
}

function checkWaiting(state: State): void {
  const counted = new Map<string, number>();
  for (const { record, place } of state.promises.values()) {
    if (place !== "ready" && place !== "timed") continue;
    for (const owner of new Set(record.interests.map((i) => i.owner))) {
      counted.set(owner, (counted.get(owner) ?? 0) + 1);
    }
  }
  assert(counted.size === state.waitingBy.size, "S2: the owners who wait are counted");
  for (const [owner, count] of counted) {
    assert(state.waitingBy.get(owner) === count, `S2: the jobs of owner "${owner}" are counted`);
  }
}

function checkLease(state: State, lease: Lease): void {
  const { id, session } = lease;
  assert(
    state.sessions.get(session.id) === session,
    `L1: lease ${id} is of a session that is there`,
  );
  assert(session.leases.get(id) === lease, `L1: the session of lease ${id} knows it`);
  const record = state.promises.get(lease.promise)?.record;
  const life = record?.life;
  const isOwn = life?.state === "pending" && life.doing === "running" && life.lease === id;
  assert(isOwn === (lease.state === "held"), `L1: lease ${id} is held while its promise runs`);
  if (lease.state === "cancelling") {
    assert(lease.timer !== null, `L1: the cancelled lease ${id} has an end`);
    return;
  }
  const { timeoutMs } = record!.wishes;
  const due = timeoutMs === null ? null : lease.startedAt + timeoutMs;
  assert((lease.timer?.at ?? null) === due, `N2: lease ${id} ends when the wishes say`);
  assert(isQuarantined(record!) === lease.isAlone, `L4: lease ${id} is alone if it must be`);
}

function checkSession(state: State, session: Session): void {
  const { id, name, leases, brokenAt, timer } = session;
  assert(state.sessionsByName.get(name) === session, `W1: session ${id} has its name`);
  assert((brokenAt === null) === (timer === null), `W3: session ${id} ends if it is broken`);
  assert(brokenAt !== null || session.concurrency >= 1, `W2: session ${id} has a slot`);
  for (const [lease, held] of leases) {
    assert(state.leases.get(lease) === held, `L1: lease ${lease} of session ${id} is there`);
    assert(!held.isAlone || leases.size === 1, `L4: lease ${lease} is alone`);
  }
}

function checkTimers(state: State): void {
  let count = 0;
  for (const timer of state.timers.values()) {
    assert(ownerOf(state, timer) === timer, `T1: a ${timer.what.type}'s timer is still wanted`);
    count++;
  }
  let wanted = 0;
  for (const { timer } of state.promises.values()) if (timer) wanted++;
  for (const { timer } of state.leases.values()) if (timer) wanted++;
  for (const { timer } of state.sessions.values()) if (timer) wanted++;
  if (state.orphans) wanted++;
  assert(count === wanted, "T1: every timer is in the heap once");
}

function ownerOf(state: State, { what }: Timer): Timer | null | undefined {
  switch (what.type) {
    case "promise":
      return state.promises.get(what.id)?.timer;
    case "lease":
      return state.leases.get(what.id)?.timer;
    case "session":
      return state.sessions.get(what.id)?.timer;
    case "orphans":
      return state.orphans?.timer;
  }
}

function checkCreated(record: PromiseRecord): void {
  checkRecord(record);
  const { life, attempt, items, revision, history } = record;
  const isFresh = life.state === "pending" && life.doing === "waiting" && life.retryAt === null;
  assert(isFresh && !life.isFirst, `P1: the new ${record.id} waits`);
  const isEmpty = attempt === 0 && items === 0 && revision === 0 && history.length === 0;
  assert(isEmpty, `P2: the new ${record.id} has nothing behind it`);
}

/** What a promise keeps all its life. */
const FOR_GOOD = [
  "id",
  "kind",
  "version",
  "key",
  "createdAt",
  "inputType",
  "inputBytes",
  "traceparent",
] as const;

/** Checks that a record may follow another. @throws {AssertionError} */
export function checkMove(was: PromiseRecord, record: PromiseRecord): void {
  const says = (condition: boolean, what: string) =>
    assert(condition, `${what}, in promise ${record.id}`);
  says(FOR_GOOD.every((name) => was[name] === record[name]), "P1: what is for good stays");
  says(record.revision >= was.revision, "P1: revisions ascend");
  if (isSettled(was)) return checkKept(was, record);
  checkRecord(record);
  says(isNext(was.items, record.items), "P2: items grow one at a time");
  says(record.chunks === 0 || isNext(was.chunks, record.chunks), "A1: chunks grow one at a time");
  says(isNext(was.spent, record.spent), "P3: attempts are spent one at a time");
  says(isNext(was.losses, record.losses), "P3: workers are lost one at a time");
  says(isNext(was.dropped, record.dropped), "P3: leases are dropped one at a time");
  const begins = leaseIn(record) !== null && leaseIn(record) !== leaseIn(was);
  says(record.attempt === was.attempt + (begins ? 1 : 0), "P3: an attempt rises with each start");
  says(!begins || leaseIn(was) === null, "L1: an attempt begins where none runs");
  says(was.startedAt === null || was.startedAt === record.startedAt, "P3: it started once");
  says(was.tags.every((tag) => record.tags.includes(tag)), "P1: tags stay");
  says(
    record.life.state !== "fulfilled" || leaseIn(was) !== null,
    "P1: only a running one is fulfilled",
  );
}

/** P1: of a settled promise nothing changes but its expiry. */
function checkKept(was: PromiseRecord, record: PromiseRecord): void {
  const { life } = was;
  assert(life.state !== "pending" && record.life.state !== "pending", `P1: ${was.id} is settled`);
  const { expiresAt } = record.life;
  const kept = { ...was, revision: record.revision, life: { ...life, expiresAt } };
  assert(JSON.stringify(kept) === JSON.stringify(record), `P1: the settled ${was.id} stays`);
}

function isRunning({ life }: PromiseRecord): boolean {
  return life.state === "pending" && life.doing === "running";
}

function leaseIn({ life }: PromiseRecord): string | null {
  return life.state === "pending" && life.doing === "running" ? life.lease : null;
}

function isNext(before: number, after: number): boolean {
  return after === before || after === before + 1;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
