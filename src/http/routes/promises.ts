// A promise's document and input, and what its owners may do with it.

import type { Hono } from "hono";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import { isSettled, type PromiseRecord } from "../../core/promise.ts";
import { changeSettled } from "../../engine/settled.ts";
import { forgetNow } from "../../engine/sweep.ts";
import { documentTag, resultTag } from "../../stream/document.ts";
import { findInput, findPromise, waitFor } from "../../stream/source.ts";
import { etagMatches, parsePrefer } from "../../wire/headers.ts";
import { headerMedia } from "../../wire/media.ts";
import { type InterestPatch, interestPatchSchema, parseBody } from "../../wire/patch.ts";
import { duration, name, queueName, reason } from "../../wire/query.ts";
import { documentResponse, promiseHeaders } from "../answer.ts";
import { findReadable } from "../auth/visibility.ts";
import { readBody } from "../body.ts";
import { type Call, ownerOf, promiseIdOf, queryOf, route } from "../handler.ts";
import { harmless } from "../result.ts";
import type { Env, Services } from "../services.ts";

const GET_PARAMETERS = { wait: duration("How long to wait until it is settled, or has changed.") };
const OWN_PARAMETERS = {
  owner: name("Whose interest: administrators, or anybody where authentication is off."),
  queue: queueName("Only the interest in this queue. Default: in all of them."),
};
const DELETE_PARAMETERS = { ...OWN_PARAMETERS, reason: reason() };
/** Largest body of a PATCH, in bytes. */
const PATCH_BYTES_MAX = 64 * 1024;

/** `/promises/{id}`, its input, and forgetting it. */
export function promiseRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/promises/:id",
    roles: ["client", "viewer"],
    get: (call) => getPromise(call, services),
    patch: (call) => patchPromise(call, services),
    delete: (call) => withdrawInterest(call, services),
  });
  route(app, services, {
    path: "/promises/:id/input",
    roles: ["client", "viewer"],
    get: (call) => getInput(call, services),
  });
  route(app, services, {
    path: "/promises/:id/stored",
    roles: ["admin"],
    delete: (call) => forgetPromise(call, services),
  });
}

async function getPromise(call: Call, services: Services): Promise<Response | Refusal> {
  const { source, clock, limits, readers } = services;
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, GET_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const prefer = parsePrefer(call.request.headers).waitMs;
  const known = call.request.headers.get("if-none-match");
  const isNews = (record: PromiseRecord) =>
    known === null || !etagMatches(known, documentTag(record, clock.now().wall), "weak");
  const wanted = query.wait ?? prefer ?? 0;
  if (wanted > 0) call.connection?.keepOpen();
  const { record: found } = await waitFor(source, id, {
    isWanted: (now) =>
      isSettled(now) || (known !== null && isNews(now)) ||
      !readers.mayRead(now, call.principal),
    ms: Math.min(wanted, limits.waitMsMax),
    signal: call.request.signal,
  });
  const record = readers.readable(found, call.principal);
  if (isRefusal(record)) return record;
  const headers = promiseHeaders(id, null);
  if (prefer !== null && query.wait === null) {
    headers.set("Preference-Applied", applied(prefer, limits.waitMsMax));
  }
  if (!isNews(record)) {
    headers.set("ETag", documentTag(record, clock.now().wall));
    headers.append("Vary", "Authorization, Cookie");
    return new Response(null, { status: 304, headers });
  }
  return documentResponse(record, services, {
    status: 200,
    shared: null,
    owner: call.principal.owner,
    headers,
  });
}

/** What `Preference-Applied` says of a wait. */
export function applied(waitMs: number, waitMsMax: number): string {
  return `wait=${Math.floor(Math.min(waitMs, waitMsMax) / 1_000)}`;
}

async function patchPromise(call: Call, services: Services): Promise<Response | Refusal> {
  const { engine, clock } = services;
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, OWN_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const owner = ownerOf(call, query.owner);
  if (isRefusal(owner)) return owner;
  const patch = await readPatch(call, services);
  if (isRefusal(patch)) return patch;
  const refused = checkPriority(call, patch);
  if (refused !== null) return refused;
  const found = await findReadable(services, id, call.principal);
  if (isRefusal(found)) return found;
  const match = call.request.headers.get("if-match");
  if (match !== null && !isMatch(match, found, clock.now().wall)) return changedMeanwhile(id);
  const done = isSettled(found)
    ? await keepSettled(services, found, patch, owner)
    : await moveInterest(services, found, { owner, queue: query.queue, patch });
  if (isRefusal(done)) return done;
  engine.wake.nudge(id);
  return documentResponse(done, services, {
    status: 200,
    shared: null,
    owner,
    headers: promiseHeaders(id, null),
  });
}

async function readPatch(call: Call, services: Services): Promise<InterestPatch | Refusal> {
  const body = await readBody(call.request, {
    bytesMax: PATCH_BYTES_MAX,
    tooLarge: "body-too-large",
    clock: services.clock,
    connection: call.connection,
  });
  return isRefusal(body) ? body : parseBody(body, interestPatchSchema);
}

/** A caller may only use the classes that it has been given. */
export function checkPriority(
  call: Call,
  { priority }: { readonly priority?: number | null | undefined },
): Refusal | null {
  const { priorityMax } = call.principal;
  if (priority === undefined || priority === null || priority <= priorityMax) return null;
  return refuse("priority-not-allowed", {
    detail: `Cannot use priority ${priority}: this caller may use up to ${priorityMax}`,
  });
}

/** `If-Match` names the document's tag, or its revision as `"rN"`. */
function isMatch(header: string, record: PromiseRecord, wall: number): boolean {
  return etagMatches(header, documentTag(record, wall), "strong") ||
    etagMatches(header, `"r${record.revision}"`, "strong");
}

function changedMeanwhile(id: string): Refusal {
  return refuse("precondition-failed", {
    detail: `Cannot change promise "${id}": it has changed since it was read`,
  });
}

async function moveInterest(
  { engine }: Services,
  record: PromiseRecord,
  { owner, queue, patch }: { owner: string; queue: string | null; patch: InterestPatch },
): Promise<PromiseRecord | Refusal> {
  const outcome = await engine.done({
    type: "move",
    promise: record.id,
    owner,
    queue,
    set: {
      ...(patch.priority !== undefined && { priority: patch.priority }),
      ...(patch.queue !== undefined && { queue: patch.queue }),
      ...(patch.ttl !== undefined && { ttlMs: patch.ttl }),
    },
  });
  if (outcome.type === "refused") return outcome.refusal;
  return outcome.type === "record" ? outcome.record : record;
}

/** Of a settled promise only the time to live can be set. */
async function keepSettled(
  { engine }: Services,
  { id, interests }: PromiseRecord,
  patch: InterestPatch,
  owner: string,
): Promise<PromiseRecord | Refusal> {
  if (!interests.some((i) => i.owner === owner)) {
    const detail = `Cannot change promise "${id}": owner "${owner}" has no interest in it`;
    return refuse("no-interest", { detail });
  }
  const { ttl } = patch;
  if (patch.priority !== undefined || patch.queue !== undefined) {
    const detail = `Cannot move promise "${id}": it is settled, and only its "ttl" can be set`;
    return refuse("already-settled", { detail });
  }
  const kept = await changeSettled(engine, id, async (record) => {
    if (ttl === undefined) return record;
    const outcome = await engine.done({ type: "keep", record, ttlMs: ttl });
    return outcome.type === "record" ? outcome.record : record;
  });
  return kept ?? refuse("not-found", { detail: `Cannot find promise "${id}": it has expired` });
}

async function withdrawInterest(call: Call, services: Services): Promise<Response | Refusal> {
  const { engine, source } = services;
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, DELETE_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const owner = ownerOf(call, query.owner);
  if (isRefusal(owner)) return owner;
  const found = await findReadable(services, id, call.principal);
  if (isRefusal(found)) return found;
  const outcome = await engine.done({
    type: "withdraw",
    promise: id,
    owner,
    queue: query.queue,
    reason: query.reason ?? "",
  });
  if (outcome.type === "refused") {
    // Somebody who had an interest when it settled has nothing left to withdraw: no effect, and no error.
    const settled = await findPromise(source, id);
    const isDone = outcome.refusal.refused === "already-settled" && !isRefusal(settled) &&
      settled.interests.some((i) => i.owner === owner);
    if (!isDone) {
      return outcome.refusal.refused === "already-settled"
        ? noInterest(id, owner)
        : outcome.refusal;
    }
  }
  // Whoever has withdrawn may see how it ends.
  services.readers.admit(owner, id);
  return new Response(null, { status: 204, headers: promiseHeaders(id, null) });
}

function noInterest(id: string, owner: string): Refusal {
  return refuse("no-interest", {
    detail: `Cannot withdraw from promise "${id}": owner "${owner}" has no interest in it`,
  });
}

async function getInput(call: Call, services: Services): Promise<Response | Refusal> {
  const { source } = services;
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, {}, services);
  if (isRefusal(query)) return query;
  const record = await findReadable(services, id, call.principal);
  if (isRefusal(record)) return record;
  const input = await findInput(source, record);
  if (isRefusal(input)) return input;
  const headers = promiseHeaders(id, null);
  const etag = resultTag(id, "input");
  harmless(headers);
  headers.set("ETag", etag);
  const known = call.request.headers.get("if-none-match");
  if (known !== null && etagMatches(known, etag, "weak")) {
    return new Response(null, { status: 304, headers });
  }
  headers.set("Content-Type", headerMedia(input.contentType));
  headers.set("Content-Length", String(input.body.length));
  return new Response(input.body.slice(), { headers });
}

async function forgetPromise(call: Call, services: Services): Promise<Response | Refusal> {
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, { reason: reason() }, services);
  if (isRefusal(query)) return query;
  const found = await findPromise(services.source, id);
  if (isRefusal(found)) return found;
  if (!isSettled(found)) {
    return refuse("not-settled", { detail: `Cannot forget promise "${id}": it is not settled` });
  }
  await forgetNow(services.engine, id);
  return new Response(null, { status: 204, headers: promiseHeaders(id, null) });
}
