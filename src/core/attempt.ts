// What a worker sends under a lease: items, chunks, the end. Messages are fenced by the lease (L2), items are
// counted (P2).
//
// A1. Item `seq` is stored when it is the next one, acknowledged again when it is stored already, and a gap is
//     a fault. Chunks make one value and begin anew with each attempt.
// A2. A result is one value or items: what mixes them is a fault, and the lease stays open.
// A3. What is over its limit rejects the promise, not retryable, and the lease is lost.

import type { Now } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Draft } from "./change.ts";
import type { Command, Content } from "./command.ts";
import type { LeaseId, SessionId } from "./ids.ts";
import { settingsOf } from "./kind.ts";
import { freeLease, type Lease } from "./lease.ts";
import { TAGS_MAX } from "./limits.ts";
import { SMALL_BYTES_MAX, withAttempt } from "./promise.ts";
import { retryPauseMs } from "./retry.ts";
import { fulfill, reject, withoutChunks } from "./settle.ts";
import type { Entry, State } from "./state.ts";
import type { JobError } from "./terms.ts";

/** A message under a lease. */
export type LeaseCommand = Extract<
  Command,
  { type: "item" | "chunk" | "fulfill" | "reject" | "cancelled" }
>;

interface Attempt {
  readonly state: State;
  readonly draft: Draft;
  readonly now: Now;
  readonly random: Random;
  readonly lease: Lease;
  readonly entry: Entry;
}

/** Takes a worker's message about a lease. */
export function onLease(
  state: State,
  draft: Draft,
  command: LeaseCommand,
  { now, random }: { now: Now; random: Random },
): void {
  const lease = state.leases.get(command.lease);
  if (!lease || lease.session.id !== command.session) {
    if (command.type !== "cancelled") lost(draft, command.session, command.lease); // L2
    return;
  }
  if (lease.state === "cancelling") return onCancelling(state, draft, lease, { command, now });
  const entry = state.promises.get(lease.promise)!;
  const attempt: Attempt = { state, draft, now, random, lease, entry };
  switch (command.type) {
    case "item":
      return onItem(attempt, command.seq, command.content);
    case "chunk":
      return onChunk(attempt, command.seq, command.body);
    case "fulfill":
      return onFulfill(attempt, command);
    case "reject":
      return onReject(attempt, command.error);
    case "cancelled":
      return onGivenUp(attempt);
  }
}

/** The promise is settled already: whatever ends the attempt frees the slot, and nothing is stored. */
function onCancelling(
  state: State,
  draft: Draft,
  lease: Lease,
  { command, now }: { command: LeaseCommand; now: Now },
): void {
  // An item that crossed the `cancel` needs no answer: the worker is about to say `cancelled`.
  if (command.type === "item" || command.type === "chunk") return;
  if (command.type !== "cancelled") lost(draft, command.session, command.lease);
  freeLease(state, draft, lease, now);
}

function onItem(attempt: Attempt, seq: number, content: Content): void {
  const { state, draft, lease, entry, now } = attempt;
  const { record } = entry;
  const { limits } = state.settings;
  if (record.chunks > 0) return fault(attempt, "item", "an item after chunks of one value");
  if (seq < record.items) return ack(draft, lease, seq); // A1
  if (seq > record.items) {
    return fault(attempt, "item", `"seq" is ${seq}, expected ${record.items}`, record.items);
  }
  const bytes = content.body.length;
  if (bytes > limits.itemBytesMax) {
    return overLimit(
      attempt,
      "item-too-large",
      `Item ${seq} has ${bytes} bytes, at most ${limits.itemBytesMax} are allowed`,
    );
  }
  if (record.itemBytes + bytes > limits.resultBytesMax || record.items >= limits.itemsMax) {
    return overLimit(
      attempt,
      "result-too-large",
      `The result exceeds ${limits.resultBytesMax} bytes or ${limits.itemsMax} items`,
    );
  }
  state.put(draft, entry, {
    ...record,
    items: record.items + 1,
    itemBytes: record.itemBytes + bytes,
  }, now);
  draft.change({ type: "item", promise: record.id, seq, content });
  ack(draft, lease, seq);
  draft.effect({ type: "wake", promise: record.id });
}

function onChunk(attempt: Attempt, seq: number, body: Uint8Array): void {
  const { state, draft, lease, entry, now } = attempt;
  const { record } = entry;
  const { limits } = state.settings;
  if (record.items > 0) return fault(attempt, "chunk", "a chunk after items");
  if (seq < record.chunks) return ack(draft, lease, seq); // A1
  if (seq > record.chunks) {
    return fault(attempt, "chunk", `"seq" is ${seq}, expected ${record.chunks}`, record.chunks);
  }
  if (record.chunkBytes + body.length > limits.resultBytesMax) {
    return overLimit(
      attempt,
      "result-too-large",
      `The result exceeds ${limits.resultBytesMax} bytes`,
    );
  }
  // The record counts them, so that they go on after a restart of the server.
  state.put(draft, entry, {
    ...record,
    chunks: record.chunks + 1,
    chunkBytes: record.chunkBytes + body.length,
  }, now);
  draft.change({ type: "piece", promise: record.id, offset: record.chunkBytes, body });
  ack(draft, lease, seq);
}

function onFulfill(
  attempt: Attempt,
  command: Extract<LeaseCommand, { type: "fulfill" }>,
): void {
  const { state, draft, lease, entry, now } = attempt;
  const { limits } = state.settings;
  const { content } = command;
  const isChunked = entry.record.chunks > 0;
  if (content && (entry.record.items > 0 || isChunked)) {
    return fault(attempt, "fulfill", `a value after ${isChunked ? "chunks" : "items"}`); // A2
  }
  if (content && content.body.length > limits.resultBytesMax) {
    return overLimit(
      attempt,
      "result-too-large",
      `The result exceeds ${limits.resultBytesMax} bytes`,
    );
  }
  const body = content && content.body.length <= SMALL_BYTES_MAX ? content.body : null;
  if (content && !body) {
    draft.change({ type: "piece", promise: lease.promise, offset: 0, body: content.body });
  }
  const tags = [...new Set([...entry.record.tags, ...command.tags])];
  const record = {
    ...entry.record,
    tags: tags.length === entry.record.tags.length
      ? entry.record.tags
      : tags.slice(0, TAGS_MAX * 2),
  };
  const type = content?.contentType ?? command.contentType ?? "application/octet-stream";
  const result = content
    ? { shape: "value", type, bytes: content.body.length, body } as const
    : isChunked
    ? { shape: "value", type, bytes: record.chunkBytes, body: null } as const
    : { shape: "items", bytes: record.itemBytes } as const;
  fulfill(state, draft, { entry, record, result, ttlMs: command.ttlMs, now });
  lease.session.done++;
  ack(draft, lease, null);
  freeLease(state, draft, lease, now);
}

function onReject(attempt: Attempt, error: JobError): void {
  const { state, draft, lease, entry, now } = attempt;
  lease.session.failed++;
  const { record } = entry;
  const spent = record.spent + 1;
  ack(draft, lease, null);
  // The slot is free before the job can be ready again.
  freeLease(state, draft, lease, now);
  if (error.retryable && spent < record.wishes.attempts) {
    const retryAt = now.wall + pauseMs(attempt, spent);
    state.put(draft, entry, {
      ...withoutChunks(draft, record),
      spent,
      history: withAttempt(record, now.wall, "failed", error.message),
      life: { state: "pending", doing: "waiting", retryAt, isFirst: false },
    }, now);
    draft.effect({ type: "wake", promise: record.id });
  } else {
    reject(state, draft, { entry, record: { ...record, spent }, error, now });
  }
}

/** A worker says `cancelled` of a lease that nobody cancelled: it gives the job back. That spends an attempt, or a worker that always does so would be given the job for ever. */
function onGivenUp(attempt: Attempt): void {
  onReject(attempt, {
    reason: "failed",
    name: "given-up",
    message: `The worker "${attempt.lease.session.name}" stopped without being asked to`,
    retryable: true,
    detail: null,
  });
}

function pauseMs({ state, entry, random }: Attempt, spent: number): number {
  const kind = state.kinds.get(entry.record.kind);
  const settings = kind ? settingsOf(kind, state.settings.defaults) : state.settings.defaults;
  return retryPauseMs(settings, spent, random);
}

function overLimit(attempt: Attempt, name: string, message: string): void {
  const { state, draft, lease, entry, now } = attempt;
  const error: JobError = { reason: "failed", name, message, retryable: false, detail: null };
  reject(state, draft, { entry, record: entry.record, error, now });
  lease.session.failed++;
  lost(draft, lease.session.id, lease.id); // A3
  freeLease(state, draft, lease, now);
}

function ack(draft: Draft, lease: Lease, seq: number | null): void {
  draft.effect({ type: "ack", session: lease.session.id, lease: lease.id, seq });
}

function lost(draft: Draft, session: SessionId, lease: LeaseId): void {
  draft.effect({ type: "lost", session, lease });
}

function fault(
  { draft, lease }: Attempt,
  about: string,
  message: string,
  expected: number | null = null,
): void {
  draft.effect({
    type: "fault",
    session: lease.session.id,
    lease: lease.id,
    about,
    message,
    expected,
  });
}
