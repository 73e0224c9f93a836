// Posting, moving and withdrawing: the life of interests in a promise.

import type { Now } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Draft, Outcome } from "./change.ts";
import type { Command, PostCommand, Wish } from "./command.ts";
import { nextPromiseId, type PromiseId } from "./ids.ts";
import { combine, type Interest, isOf, withInterest } from "./interest.ts";
import { type KindDefaults, settingsOf } from "./kind.ts";
import { cancelLease, leaseOf, limitAttempt } from "./lease.ts";
import { TAGS_MAX } from "./limits.ts";
import { type RefusalDetails, refuse } from "./problem.ts";
import { type JobInput, type PromiseRecord, SMALL_BYTES_MAX } from "./promise.ts";
import { reject } from "./settle.ts";
import type { Entry, State } from "./state.ts";
import { NORMAL_PRIORITY } from "./terms.ts";

/** How long a full queue asks to stay away, in ms. */
const QUEUE_FULL_RETRY_MS = 5_000;
/** Most tags that the posts of one promise may add up to. */
const PROMISE_TAGS_MAX = 16 * TAGS_MAX;

/** Posts a job: joins the unfinished promise of its key, or makes a new one. */
export function post(
  state: State,
  draft: Draft,
  command: PostCommand,
  { now, random }: { now: Now; random: Random },
): Outcome {
  const current = state.byKey.get(command.key);
  const entry = current === undefined ? undefined : state.promises.get(current);
  if (entry && entry.place !== "settled") return join(state, draft, entry, { command, now });
  const { owner } = command.wish;
  const waiting = state.waitingBy.get(owner) ?? 0;
  const { queuedMax } = state.settings.limits;
  if (waiting >= queuedMax) {
    return refused("queue-full", {
      detail: `Cannot post for owner "${owner}": ${waiting} of ${queuedMax} jobs are waiting`,
      retryMs: QUEUE_FULL_RETRY_MS,
    });
  }
  return create(state, draft, command, { now, random });
}

function create(
  state: State,
  draft: Draft,
  command: PostCommand,
  { now, random }: { now: Now; random: Random },
): Outcome {
  const id = nextPromiseId(state.lastId, now.wall, random);
  state.lastId = id;
  const interest = newInterest(state, command, now);
  const input = { posted: command.input, run: command.run };
  const record: PromiseRecord = {
    id,
    kind: command.kind,
    version: command.version,
    key: command.key,
    createdAt: now.wall,
    inputType: command.input.contentType,
    inputBytes: command.input.body.length,
    input: isSmall(input) ? input : null,
    traceparent: command.traceparent,
    interests: [interest],
    wishes: combine([interest]),
    queue: interest.queue,
    tags: command.tags,
    attempt: 0,
    spent: 0,
    losses: 0,
    dropped: 0,
    items: 0,
    itemBytes: 0,
    chunks: 0,
    chunkBytes: 0,
    startedAt: null,
    history: [],
    revision: 0,
    life: { state: "pending", doing: "waiting", retryAt: null, isFirst: false },
  };
  draft.change({ type: "create", record, input });
  state.admit(draft, record, now);
  return { type: "posted", promise: id, sharing: "created" };
}

function isSmall({ posted, run }: JobInput): boolean {
  const bytes = posted.body.length + (run.body === posted.body ? 0 : run.body.length);
  return bytes <= SMALL_BYTES_MAX;
}

function join(
  state: State,
  draft: Draft,
  entry: Entry,
  { command, now }: { command: PostCommand; now: Now },
): Outcome {
  const { record } = entry;
  const { wish } = command;
  const own = record.interests.find((i) => isOf(i, wish.owner, wish.queue));
  const put = own ? changedInterest(own, wish, now) : newInterest(state, command, now);
  const tags = [...new Set([...record.tags, ...command.tags])].slice(0, PROMISE_TAGS_MAX);
  const isChanged = !own || !isSameInterest(own, put);
  if (isChanged || tags.length > record.tags.length) {
    const interests = isChanged ? withInterest(record.interests, put) : record.interests;
    changeInterests(state, draft, entry, { interests, now, tags });
  }
  return { type: "posted", promise: record.id, sharing: "joined" };
}

function newInterest(state: State, { kind, wish }: PostCommand, now: Now): Interest {
  const defaults = kindDefaults(state, kind);
  return {
    owner: wish.owner,
    queue: wish.queue,
    priority: wish.priority ?? NORMAL_PRIORITY,
    ttlMs: wish.ttlMs ?? defaults.ttlMs,
    timeoutMs: wish.timeoutMs ?? defaults.timeoutMs,
    attempts: wish.attempts ?? defaults.attempts,
    notBefore: wish.delayMs ? now.wall + wish.delayMs : null,
    deadline: wish.deadline,
    since: now.wall,
    isLasting: !wish.isHeld,
    holds: wish.isHeld ? 1 : 0,
  };
}

function kindDefaults(state: State, kind: PostCommand["kind"]): KindDefaults {
  const record = state.kinds.get(kind);
  return record ? settingsOf(record, state.settings.defaults) : state.settings.defaults;
}

/** The same owner posts again: what it says now holds, the rest stays. */
function changedInterest(own: Interest, wish: Wish, now: Now): Interest {
  return {
    ...own,
    priority: wish.priority ?? own.priority,
    ttlMs: wish.ttlMs ?? own.ttlMs,
    timeoutMs: wish.timeoutMs ?? own.timeoutMs,
    attempts: wish.attempts ?? own.attempts,
    notBefore: wish.delayMs === null
      ? own.notBefore
      : wish.delayMs > 0
      ? now.wall + wish.delayMs
      : null,
    deadline: wish.deadline ?? own.deadline,
    isLasting: own.isLasting || !wish.isHeld,
    holds: own.holds + (wish.isHeld ? 1 : 0),
  };
}

function isSameInterest(a: Interest, b: Interest): boolean {
  return a.priority === b.priority && a.ttlMs === b.ttlMs && a.timeoutMs === b.timeoutMs &&
    a.attempts === b.attempts && a.notBefore === b.notBefore && a.deadline === b.deadline &&
    a.queue === b.queue && a.isLasting === b.isLasting && a.holds === b.holds;
}

/** Gives a pending promise other interests, at least one (P4). */
function changeInterests(
  state: State,
  draft: Draft,
  entry: Entry,
  { interests, now, tags, isPeoples = false }: {
    interests: readonly Interest[];
    now: Now;
    tags?: readonly string[];
    isPeoples?: boolean;
  },
): void {
  const { record } = entry;
  const wishes = combine(interests);
  state.put(draft, entry, {
    ...record,
    interests,
    wishes,
    queue: interests[0]!.queue,
    tags: tags ?? record.tags,
    revision: record.revision + (isPeoples ? 1 : 0),
  }, now);
  const lease = leaseOf(state, entry.record);
  if (lease && record.wishes.timeoutMs !== wishes.timeoutMs) {
    limitAttempt(state, lease, entry.record);
  }
  draft.effect({ type: "wake", promise: record.id });
}

/** Moves an owner's interests in a pending promise. */
export function move(
  state: State,
  draft: Draft,
  command: Extract<Command, { type: "move" }>,
  now: Now,
): Outcome {
  const entry = unsettled(state, command.promise);
  if (!entry) return notPending(command.promise);
  const { owner, queue, set } = command;
  const { record } = entry;
  if (!record.interests.some((i) => isOf(i, owner, queue))) {
    return noInterest(command.promise, owner);
  }
  let interests: readonly Interest[] = [];
  for (const old of record.interests) {
    const next = !isOf(old, owner, queue) ? old : {
      ...old,
      priority: set.priority ?? old.priority,
      queue: set.queue ?? old.queue,
      ttlMs: set.ttlMs ?? old.ttlMs,
    };
    // Two interests of one owner that meet in one queue become one (N1).
    interests = withInterest(interests, merged(interests, next));
  }
  changeInterests(state, draft, entry, { interests, now, isPeoples: true });
  return { type: "record", record: entry.record };
}

function merged(interests: readonly Interest[], next: Interest): Interest {
  const twin = interests.find((i) => isOf(i, next.owner, next.queue));
  if (!twin) return next;
  const { priority, ttlMs, timeoutMs, attempts, deadline, notBefore } = combine([twin, next]);
  return {
    ...twin,
    priority,
    ttlMs,
    timeoutMs,
    attempts,
    deadline,
    notBefore,
    since: Math.min(twin.since, next.since),
    isLasting: twin.isLasting || next.isLasting,
    holds: twin.holds + next.holds,
  };
}

/** An owner's interests go; with the last one the job is dropped or cancelled. */
export function withdraw(
  state: State,
  draft: Draft,
  command: Extract<Command, { type: "withdraw" }>,
  now: Now,
): Outcome {
  const entry = unsettled(state, command.promise);
  if (!entry) return notPending(command.promise);
  const { owner, queue, reason } = command;
  const rest = entry.record.interests.filter((i) => !isOf(i, owner, queue));
  if (rest.length === entry.record.interests.length) return noInterest(command.promise, owner);
  keep(state, draft, entry, { rest, reason, now });
  return { type: "done" };
}

/** A connection that held an interest is over (N3). */
export function release(
  state: State,
  draft: Draft,
  { promise, owner, queue, isKept }: Omit<Extract<Command, { type: "release" }>, "type">,
  now: Now,
): Outcome {
  const entry = unsettled(state, promise);
  const held = entry?.record.interests.filter((i) => isOf(i, owner, null) && i.holds > 0) ?? [];
  // The interest may have been moved to another queue since it was posted.
  const own = held.find((i) => i.queue === queue) ?? held[0];
  if (!entry || !own) return { type: "done" };
  const holds = own.holds - 1;
  const isLasting = own.isLasting || isKept;
  const rest = isLasting || holds > 0
    ? withInterest(entry.record.interests, { ...own, holds, isLasting })
    : entry.record.interests.filter((i) => i !== own);
  keep(state, draft, entry, { rest, reason: "the client went away", now });
  return { type: "done" };
}

function keep(
  state: State,
  draft: Draft,
  entry: Entry,
  { rest, reason, now }: { rest: readonly Interest[]; reason: string; now: Now },
): void {
  if (rest.length > 0) return changeInterests(state, draft, entry, { interests: rest, now });
  const message = reason === "" ? NOBODY_WANTS_IT : `${NOBODY_WANTS_IT}: ${reason}`;
  cancel(state, draft, entry, { interests: [], reason: reason || "withdrawn", message, now });
}

const NOBODY_WANTS_IT = "Nobody wants it any more";

/** Stops a job for everybody. */
export function kill(
  state: State,
  draft: Draft,
  command: Extract<Command, { type: "kill" }>,
  now: Now,
): Outcome {
  const entry = unsettled(state, command.promise);
  if (!entry) {
    return refused("already-settled", {
      detail: `Cannot kill promise "${command.promise}": it is settled already`,
    });
  }
  const { interests } = entry.record;
  const message = command.reason === "" ? "An administrator stopped it" : command.reason;
  cancel(state, draft, entry, { interests, reason: "killed", message, now });
  return { type: "done" };
}

function cancel(
  state: State,
  draft: Draft,
  entry: Entry,
  { interests, reason, message, now }: {
    interests: readonly Interest[];
    reason: string;
    message: string;
    now: Now;
  },
): void {
  const lease = leaseOf(state, entry.record);
  const error = {
    reason: "cancelled",
    name: "cancelled",
    message,
    retryable: true,
    detail: null,
  } as const;
  reject(state, draft, { entry, record: { ...entry.record, interests }, error, now });
  if (lease) cancelLease(state, draft, lease, { reason, now });
}

function unsettled(state: State, id: PromiseId): Entry | null {
  const entry = state.promises.get(id);
  return entry && entry.place !== "settled" ? entry : null;
}

function notPending(promise: PromiseId): Outcome {
  return refused("already-settled", {
    detail: `Cannot change promise "${promise}": it is settled`,
  });
}

function noInterest(promise: PromiseId, owner: string): Outcome {
  return refused("no-interest", {
    detail: `Cannot change promise "${promise}": owner "${owner}" has no interest in it`,
  });
}

function refused(code: Parameters<typeof refuse>[0], details: RefusalDetails): Outcome {
  return { type: "refused", refusal: refuse(code, details) };
}
