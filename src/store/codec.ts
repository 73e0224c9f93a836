// What a record is made of, as bytes: MessagePack arrays, in a fixed order, without names. A later version adds
// members at the end; a reader takes what is not there as its default.
//
// What is read is parsed, not believed: a payload that is not as it was written gives null, and the promise that
// it belongs to counts as damaged.

import { decodeTrusted, encode } from "../base/msgpack.ts";
import type { Content } from "../core/command.ts";
import type { JobKey, KindName, LeaseId, PromiseId, SessionId } from "../core/ids.ts";
import type { Interest, Wishes } from "../core/interest.ts";
import type { KindOffer, KindRecord } from "../core/kind.ts";
import type { AttemptRecord, JobInput, Life, PromiseRecord } from "../core/promise.ts";
import type { JobError, Priority, Reason } from "../core/terms.ts";
import type { Bytes } from "./kv.ts";

/** A promise's record as bytes. Its id is in the row key. */
export function encodePromise(record: PromiseRecord): Bytes {
  return encode([
    record.kind,
    record.version,
    record.key,
    record.createdAt,
    record.inputType,
    record.inputBytes,
    record.traceparent,
    record.interests.map(interestRow),
    wishesRow(record.wishes),
    record.queue,
    record.tags,
    record.attempt,
    record.spent,
    record.losses,
    record.dropped,
    record.items,
    record.itemBytes,
    record.chunks,
    record.chunkBytes,
    record.startedAt,
    record.history.map(attemptRow),
    record.revision,
    lifeRow(record.life),
    record.input === null ? null : inputRow(record.input),
  ]);
}

/** A promise's record out of bytes; null if they are none. */
export function decodePromise(id: PromiseId, payload: Bytes): PromiseRecord | null {
  return attempt(payload, (row) => ({
    id,
    kind: text(row[0]) as KindName,
    version: text(row[1]),
    key: text(row[2]) as JobKey,
    createdAt: number(row[3]),
    inputType: text(row[4]),
    inputBytes: number(row[5]),
    traceparent: orNull(row[6], text),
    interests: list(row[7], interestOf),
    wishes: wishesOf(list(row[8], orNullNumber)),
    queue: text(row[9]),
    tags: list(row[10], text),
    attempt: number(row[11]),
    spent: number(row[12]),
    losses: number(row[13]),
    dropped: number(row[14]),
    items: number(row[15]),
    itemBytes: number(row[16]),
    chunks: number(row[17]),
    chunkBytes: number(row[18]),
    startedAt: orNull(row[19], number),
    history: list(row[20], attemptOf),
    revision: number(row[21]),
    life: lifeOf(list(row[22], (part) => part)),
    input: orNull(row[23], (part) => inputOf(list(part, (one) => one))),
  }));
}

/** An input as bytes. */
export function encodeInput(input: JobInput): Bytes {
  return encode(inputRow(input));
}

/** An input out of bytes. */
export function decodeInput(payload: Bytes): JobInput | null {
  return attempt(payload, inputOf);
}

/** What the worker gets is left out where it is what was posted. */
function inputRow({ posted, run }: JobInput): unknown[] {
  const isSame = run.body === posted.body && run.contentType === posted.contentType;
  return [
    posted.contentType,
    posted.body,
    run.isValue,
    isSame ? null : run.contentType,
    isSame ? null : run.body,
  ];
}

function inputOf(row: readonly unknown[]): JobInput {
  const posted = { contentType: text(row[0]), body: bytes(row[1]) };
  return {
    posted,
    run: {
      isValue: row[2] === true,
      contentType: orNull(row[3], text) ?? posted.contentType,
      body: orNull(row[4], bytes) ?? posted.body,
    },
  };
}

/** An item as bytes. */
export function encodeItem(content: Content): Bytes {
  return encode([content.contentType, content.body]);
}

/** An item out of bytes. */
export function decodeItem(payload: Bytes): Content | null {
  return attempt(payload, (row) => ({ contentType: text(row[0]), body: bytes(row[1]) }));
}

/** What is known of a kind, as bytes. */
export function encodeKind(record: KindRecord): Bytes {
  return encode(record);
}

/** What is known of a kind, out of bytes. */
export function decodeKind(payload: Bytes): KindRecord | null {
  return attempt(payload, () => {
    const record = decodeTrusted(payload) as KindRecord;
    const isWhole = typeof record.kind === "string" && Array.isArray(record.versions) &&
      record.versions.some((offer: KindOffer) => offer.version === record.current);
    if (!isWhole) throw new TypeError("not a kind");
    return record;
  });
}

function interestRow(interest: Interest): unknown[] {
  return [
    interest.owner,
    interest.queue,
    interest.priority,
    interest.ttlMs,
    interest.timeoutMs,
    interest.attempts,
    interest.notBefore,
    interest.deadline,
    interest.since,
    interest.isLasting,
    interest.holds,
  ];
}

function interestOf(part: unknown): Interest {
  const row = list(part, (one) => one);
  return {
    owner: text(row[0]),
    queue: text(row[1]),
    priority: number(row[2]) as Priority,
    ttlMs: number(row[3]),
    timeoutMs: orNull(row[4], number),
    attempts: number(row[5]),
    notBefore: orNull(row[6], number),
    deadline: orNull(row[7], number),
    since: number(row[8]),
    isLasting: row[9] === true,
    holds: number(row[10]),
  };
}

function wishesRow(wishes: Wishes): (number | null)[] {
  const { priority, ttlMs, timeoutMs, attempts, deadline, notBefore } = wishes;
  return [priority, ttlMs, timeoutMs, attempts, deadline, notBefore];
}

function wishesOf(row: readonly (number | null)[]): Wishes {
  return {
    priority: number(row[0]) as Priority,
    ttlMs: number(row[1]),
    timeoutMs: row[2] ?? null,
    attempts: number(row[3]),
    deadline: row[4] ?? null,
    notBefore: row[5] ?? null,
  };
}

function attemptRow(one: AttemptRecord): unknown[] {
  return [one.attempt, one.worker, one.startedAt, one.endedAt, one.outcome, one.message];
}

function attemptOf(part: unknown): AttemptRecord {
  const row = list(part, (one) => one);
  return {
    attempt: number(row[0]),
    worker: text(row[1]),
    startedAt: number(row[2]),
    endedAt: number(row[3]),
    outcome: text(row[4]) as AttemptRecord["outcome"],
    message: orNull(row[5], text),
  };
}

// The first member says which life it is.
const WAITING = 0, RUNNING = 1, VALUE = 2, ITEMS = 3, REJECTED = 4;

function lifeRow(life: Life): unknown[] {
  switch (life.state) {
    case "pending":
      return life.doing === "waiting"
        ? [WAITING, life.retryAt, life.isFirst]
        : [RUNNING, life.lease, life.session, life.worker, life.principal, life.since];
    case "fulfilled": {
      const { result, settledAt, expiresAt } = life;
      return result.shape === "value"
        ? [VALUE, settledAt, expiresAt, result.bytes, result.type, result.body]
        : [ITEMS, settledAt, expiresAt, result.bytes];
    }
    case "rejected":
      return [REJECTED, life.settledAt, life.expiresAt, life.reusableUntil, errorRow(life.error)];
  }
}

function lifeOf(row: readonly unknown[]): Life {
  switch (row[0]) {
    case WAITING:
      return {
        state: "pending",
        doing: "waiting",
        retryAt: orNull(row[1], number),
        isFirst: row[2] === true,
      };
    case RUNNING:
      return {
        state: "pending",
        doing: "running",
        lease: text(row[1]) as LeaseId,
        session: text(row[2]) as SessionId,
        worker: text(row[3]),
        principal: text(row[4]),
        since: number(row[5]),
      };
    case VALUE:
    case ITEMS: {
      const sized = { bytes: number(row[3]) };
      return {
        state: "fulfilled",
        settledAt: number(row[1]),
        expiresAt: number(row[2]),
        result: row[0] === VALUE
          ? { shape: "value", type: text(row[4]), body: orNull(row[5], bytes), ...sized }
          : { shape: "items", ...sized },
      };
    }
    case REJECTED:
      return {
        state: "rejected",
        settledAt: number(row[1]),
        expiresAt: number(row[2]),
        reusableUntil: number(row[3]),
        error: errorOf(list(row[4], (part) => part)),
      };
    default:
      throw new TypeError("not a life");
  }
}

function errorRow({ reason, name, message, retryable, detail }: JobError): unknown[] {
  return [reason, name, message, retryable, detail];
}

function errorOf(row: readonly unknown[]): JobError {
  return {
    reason: text(row[0]) as Reason,
    name: text(row[1]),
    message: text(row[2]),
    retryable: row[3] === true,
    detail: orNull(row[4], text),
  };
}

/** Any fault of a payload is the same fault: it is not what was written. */
function attempt<T>(payload: Bytes, read: (row: readonly unknown[]) => T): T | null {
  try {
    const value = decodeTrusted(payload);
    return read(Array.isArray(value) ? value : []);
  } catch {
    return null;
  }
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("not a number");
  return value;
}

function bytes(value: unknown): Bytes {
  if (!(value instanceof Uint8Array)) throw new TypeError("not bytes");
  return value;
}

function list<T>(value: unknown, read: (part: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new TypeError("not a list");
  return value.map(read);
}

function orNull<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

function orNullNumber(value: unknown): number | null {
  return orNull(value, number);
}
