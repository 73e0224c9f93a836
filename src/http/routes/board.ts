// Lists: jobs, kinds, workers.

import type { Hono } from "hono";
import { parseKindName, parsePromiseId } from "../../core/ids.ts";
import type { Interest } from "../../core/interest.ts";
import { currentOffer, settingsOf } from "../../core/kind.ts";
import { PAGE_MAX } from "../../core/limits.ts";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import { isSettled, phaseOf, type PromiseRecord } from "../../core/promise.ts";
import { readBoard } from "../../stream/board.ts";
import { promiseDocument, shownInterest } from "../../stream/document.ts";
import { findPromise, isExpired } from "../../stream/source.ts";
import { formatTime } from "../../wire/duration.ts";
import { anyText, count, many, name, parsed, queueName, since, word } from "../../wire/query.ts";
import type { Principal } from "../auth/principal.ts";
import { isOwn, seesAll } from "../auth/visibility.ts";
import { type Call, promiseIdOf, queryOf, route } from "../handler.ts";
import type { Env, Services } from "../services.ts";

const STATES = ["pending", "fulfilled", "rejected"] as const;
const PHASES = ["delayed", "queued", "running", "retrying"] as const;
const FILTERS_MAX = 32;
const PAGE_DEFAULT = 100;
/** Longest text that is searched for, in bytes. */
const TEXT_BYTES_MAX = 256;

const limit = count("Most items of a page. Default 100.", { min: 1, max: PAGE_MAX });
const cursor = parsed(
  "Where to go on: `next` of the page before.",
  "the next of an earlier page",
  parsePromiseId,
);

const JOB_PARAMETERS = {
  state: many(word("Only of this state.", STATES), FILTERS_MAX),
  phase: many(word("Only in this phase.", PHASES), FILTERS_MAX),
  kind: many(parsed("Only of this kind.", "the name of a kind", parseKindName), FILTERS_MAX),
  owner: many(name("Only wanted by this owner."), FILTERS_MAX),
  queue: many(queueName("Only in this queue."), FILTERS_MAX),
  worker: many(name("Only running, or last run, there."), FILTERS_MAX),
  tag: many(name("Only with this tag."), FILTERS_MAX),
  text: anyText(
    "Only with this text in kind, key, owner, queue or error message, or at the beginning of the id.",
    TEXT_BYTES_MAX,
  ),
  since: since("Only created since then."),
  order: word("Newest (default) or oldest first.", ["newest", "oldest"]),
  limit,
  cursor,
};

const KIND_PARAMETERS = {
  limit,
  cursor: parsed("Where to go on: `next` of the page before.", "the name of a kind", parseKindName),
};
const WORKER_PARAMETERS = {
  limit,
  cursor: name("Where to go on: `next` of the page before."),
};

/** `GET /jobs`, `GET /kinds`, `GET /workers`. */
export function boardRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/jobs",
    roles: ["client", "viewer"],
    get: (call) => listJobs(call, services),
  });
  route(app, services, {
    path: "/kinds",
    roles: ["client", "viewer"],
    get: (call) => listKinds(call, services),
  });
  route(app, services, {
    path: "/workers",
    roles: ["viewer"],
    get: (call) => listWorkers(call, services),
  });
}

/** `GET /jobs/{id}`. */
export async function jobItem(call: Call, services: Services): Promise<Response | Refusal> {
  const id = promiseIdOf(call, "name");
  if (isRefusal(id)) return id;
  const query = queryOf(call, {}, services);
  if (isRefusal(query)) return query;
  const record = await findPromise(services.source, id);
  if (isRefusal(record)) return record;
  const { principal } = call;
  if (!seesAll(principal) && !isOwn(record, principal)) {
    return refuse("not-found", {
      detail: `Cannot find job "${id}": it never existed, or has expired`,
    });
  }
  const waiting = services.source.live.waiting(record);
  const item = listItem(record, call, services);
  return Response.json({
    ...item,
    interests: seenInterests(record, principal)
      .map(({ owner, queue, priority, since }) => ({
        owner,
        queue,
        priority,
        since: formatTime(since),
      })),
    history: record.history.map((attempt) => ({
      attempt: attempt.attempt,
      worker: attempt.worker,
      startedAt: formatTime(attempt.startedAt),
      endedAt: formatTime(attempt.endedAt),
      outcome: attempt.outcome,
      error: attempt.message,
    })),
    waiting: waiting === null ? null : {
      ...waiting,
      ahead: services.source.live.position(id),
    },
  }, { headers: { ETag: `"r${record.revision}"`, Vary: "Authorization, Cookie" } });
}

async function listJobs(call: Call, services: Services): Promise<Response | Refusal> {
  const query = queryOf(call, JOB_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const { clock, source } = services;
  const order = query.order ?? "newest";
  const { since } = query;
  const { records, next } = await readBoard(source, {
    order,
    size: query.limit ?? PAGE_DEFAULT,
    after: query.cursor,
    isWanted: jobFilter(query, call.principal, clock.now().wall),
    isPast: ({ createdAt }) => order === "newest" && since !== null && createdAt < since,
  });
  return listResponse(records.map((record) => listItem(record, call, services)), next);
}

function listResponse(items: readonly unknown[], next: string | null): Response {
  return Response.json({ items, next }, { headers: { Vary: "Authorization, Cookie" } });
}

function jobFilter(
  query:
    & {
      readonly [F in "state" | "phase" | "kind" | "owner" | "queue" | "worker" | "tag"]:
        readonly string[];
    }
    & { readonly since: number | null; readonly text: string | null },
  principal: Principal,
  wall: number,
): (record: PromiseRecord) => boolean {
  const has = (wanted: readonly string[], value: string | null | undefined) =>
    wanted.length === 0 || (typeof value === "string" && wanted.includes(value));
  const text = query.text?.toLowerCase() ?? null;
  return (record) => {
    if (isExpired(record, wall) || (!seesAll(principal) && !isOwn(record, principal))) return false;
    const { life, tags } = record;
    const worker = life.state === "pending" && life.doing === "running"
      ? life.worker
      : record.history.at(-1)?.worker;
    // Whom else a job is for, and where, is not to be found out by filters either.
    const seen = seenInterests(record, principal);
    return has(query.state, life.state) && has(query.phase, phaseOf(record, wall)) &&
      has(query.kind, record.kind) && has(query.worker, worker) &&
      (query.owner.length === 0 || seen.some(({ owner }) => query.owner.includes(owner))) &&
      (query.queue.length === 0 || seen.some(({ queue }) => query.queue.includes(queue))) &&
      (query.tag.length === 0 || tags.some((tag) => query.tag.includes(tag))) &&
      (query.since === null || record.createdAt >= query.since) &&
      (text === null || hasText(record, seen, text));
  };
}

/** The interests that somebody sees: all, or its own. */
function seenInterests({ interests }: PromiseRecord, principal: Principal): readonly Interest[] {
  return seesAll(principal) ? interests : interests.filter((i) => i.owner === principal.owner);
}

/** Whether a job has a text, which is in lower case. */
function hasText(
  { id, kind, key, life }: PromiseRecord,
  interests: readonly Interest[],
  text: string,
): boolean {
  const parts = [kind, key, ...interests.flatMap(({ owner, queue }) => [owner, queue])];
  if (life.state === "rejected") parts.push(life.error.message);
  return id.startsWith(text) || parts.some((part) => part.toLowerCase().includes(text));
}

function listItem(
  record: PromiseRecord,
  call: Call,
  { source, settings, clock }: Services,
): object {
  const { owner } = call.principal;
  const { links: _, ...document } = promiseDocument(record, source.live, {
    basePath: settings.basePath,
    owner,
    wall: clock.now().wall,
  });
  return {
    ...document,
    owner: shownInterest(record, owner)?.owner ?? null,
    waitingCode: isSettled(record) ? null : source.live.waiting(record)?.code ?? null,
    revision: record.revision,
  };
}

function listKinds(call: Call, services: Services): Response | Refusal {
  const query = queryOf(call, KIND_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const { state } = services.engine;
  const { page, next } = pageOf([...state.kinds.values()], ({ kind }) => kind, query);
  const items = page.map((record) => {
    const offer = currentOffer(record);
    const { ttlMs, failureTtlMs, timeoutMs, attempts } = settingsOf(
      record,
      state.settings.defaults,
    );
    const workers = [...state.sessions.values()].filter(({ kinds }) => kinds.includes(record.kind));
    return {
      kind: record.kind,
      version: offer.version === "" ? null : offer.version,
      description: offer.description,
      input: schemaOf(offer.inputSchema),
      output: schemaOf(offer.outputSchema),
      workers: workers.length,
      paused: record.patched.isPaused,
      maxRunning: record.patched.maxRunning,
      ttl: ttlMs / 1_000,
      failureTtl: failureTtlMs / 1_000,
      timeout: timeoutMs === null ? null : timeoutMs / 1_000,
      attempts,
      revision: record.revision,
    };
  });
  return listResponse(items, next);
}

function schemaOf(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

function listWorkers(call: Call, services: Services): Response | Refusal {
  const query = queryOf(call, WORKER_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const { engine, dispatch, source, clock } = services;
  const now = clock.now();
  const { page, next } = pageOf([...engine.state.sessions.values()], ({ name }) => name, query);
  const items = page.map((session) => ({
    id: session.id,
    name: session.name,
    state: session.brokenAt !== null ? "broken" : session.isDraining ? "draining" : "active",
    address: session.address,
    connectedAt: formatTime(session.connectedAt),
    heartbeatAgeMs: wholeMs(dispatch.silentMs(session.id)),
    graceEndsAt: session.timer === null
      ? null
      : formatTime(now.wall + (session.timer.at - now.mono)),
    concurrency: session.concurrency,
    busy: session.leases.size,
    kinds: session.kinds,
    labels: session.labels,
    running: [...session.leases.values()].map(({ promise, startedAt }) => ({
      promise,
      kind: engine.state.promises.get(promise)?.record.kind ?? null,
      owner: engine.state.promises.get(promise)?.record.interests[0]?.owner ?? null,
      startedAt: formatTime(now.wall - (now.mono - startedAt)),
      fraction: source.live.progress(promise)?.fraction ?? null,
    })),
    done: session.done,
    failed: session.failed,
    lost: session.lost,
  }));
  return listResponse(items, next);
}

/** A page of a list in memory, in the order of what names its items. */
function pageOf<Item>(
  all: readonly Item[],
  nameOf: (item: Item) => string,
  { limit, cursor }: { readonly limit: number | null; readonly cursor: string | null },
): { readonly page: readonly Item[]; readonly next: string | null } {
  const rest = all
    .filter((item) => cursor === null || nameOf(item) > cursor)
    .sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
  const page = rest.slice(0, limit ?? PAGE_DEFAULT);
  return { page, next: page.length < rest.length ? nameOf(page.at(-1)!) : null };
}

function wholeMs(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
