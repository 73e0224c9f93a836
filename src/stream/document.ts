// A promise as people and programs see it.

import type { Time } from "../base/clock.ts";
import type { PromiseId } from "../core/ids.ts";
import { countOwners, type Interest } from "../core/interest.ts";
import { isSettled, phaseOf, type PromiseRecord } from "../core/promise.ts";
import { formatTime } from "../wire/duration.ts";
import type { PromiseDocument } from "../wire/document.ts";
import { errorDocument } from "../wire/error-document.ts";
import type { LiveView } from "./source.ts";

/** Who looks, and from where links begin. */
export interface Look {
  /** Below which path the server is: empty, or with a leading and no trailing slash. */
  readonly basePath: string;
  /** Whose queue is shown, if that owner has an interest. */
  readonly owner: string | null;
  readonly wall: Time;
}

/** The document of a promise. */
export function promiseDocument(
  record: PromiseRecord,
  live: LiveView,
  { basePath, owner, wall }: Look,
): PromiseDocument {
  const { life, wishes } = record;
  const settled = isSettled(record) ? record.life : null;
  const progress = settled ? null : live.progress(record.id);
  const isRunning = life.state === "pending" && life.doing === "running";
  const base = `${basePath}/promises/${record.id}`;
  return {
    id: record.id,
    kind: record.kind,
    state: life.state,
    phase: phaseOf(record, wall),
    key: record.key,
    owners: countOwners(record.interests),
    priority: wishes.priority,
    queue: shownInterest(record, owner)?.queue ?? record.queue,
    createdAt: formatTime(record.createdAt),
    startedAt: timeOrNull(record.startedAt),
    settledAt: timeOrNull(settled?.settledAt ?? null),
    expiresAt: timeOrNull(settled?.expiresAt ?? null),
    attempt: record.attempt,
    attempts: wishes.attempts,
    worker: isRunning ? life.worker : record.history.at(-1)?.worker ?? null,
    position: settled || isRunning ? null : live.position(record.id),
    waitingFor: settled || isRunning ? null : live.waiting(record)?.text ?? null,
    progress: progress === null ? null : {
      ...(progress.fraction !== null && { fraction: progress.fraction }),
      ...(progress.message !== null && { message: progress.message }),
    },
    input: { type: record.inputType, bytes: record.inputBytes },
    result: resultOf(record),
    items: record.items,
    error: life.state === "rejected" ? errorDocument(life.error) : null,
    tags: record.tags,
    links: {
      self: base,
      result: `${base}/result`,
      events: `${base}/events`,
      input: `${base}/input`,
    },
  };
}

/** The interest that the owner sees: its own, else the oldest. */
export function shownInterest(record: PromiseRecord, owner: string | null): Interest | undefined {
  return record.interests.find((i) => i.owner === owner) ?? record.interests[0];
}

/** The ETag of the document: of what it says, but for progress and position. */
export function documentTag(record: PromiseRecord, wall: Time): string {
  const phase = phaseOf(record, wall) ?? record.life.state;
  const { attempt, items, tags, revision, interests } = record;
  const expiry = isSettled(record) ? record.life.expiresAt.toString(36) : "";
  return `"${phase}-${attempt}-${
    countOwners(interests)
  }-${items}-${tags.length}-r${revision}-${expiry}"`;
}

/** The ETag of a promise's result in a form; results never change. */
export function resultTag(id: PromiseId, form: string | null): string {
  return form === null ? `"${id}"` : `"${id}-${form}"`;
}

function resultOf({ life }: PromiseRecord): PromiseDocument["result"] {
  if (life.state !== "fulfilled") return null;
  const { result } = life;
  return result.shape === "value"
    ? { type: result.type, bytes: result.bytes }
    : { type: "application/x-ndjson", bytes: result.bytes };
}

function timeOrNull(time: Time | null): string | null {
  return time === null ? null : formatTime(time);
}
