// Posting a job.

import type { Hono } from "hono";
import type { PostCommand } from "../../core/command.ts";
import { parseKindName } from "../../core/ids.ts";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import { DEFAULT_QUEUE } from "../../core/terms.ts";
import { post, type Posted } from "../../engine/post.ts";
import type { Identity } from "../../intake/key.ts";
import { OCTETS, type Posting } from "../../intake/posting.ts";
import type { KindView } from "../../intake/schema.ts";
import { findPromise, waitFor } from "../../stream/source.ts";
import { parsePrefer, type Preferences } from "../../wire/headers.ts";
import { type JobOptions, parseJobOptions } from "../../wire/job-options.ts";
import { malformedParameter, reason } from "../../wire/query.ts";
import { documentResponse, promiseHeaders, promiseRefusal } from "../answer.ts";
import { readBody } from "../body.ts";
import { type Call, ownerOf, promiseIdOf, queryOf, route } from "../handler.ts";
import { isAnswerable, namedForm, namedResponse, resultResponse } from "../result.ts";
import { type Hold, holdInterest } from "../hold.ts";
import type { Env, Services } from "../services.ts";
import { jobItem } from "./board.ts";
import { applied, checkPriority } from "./promises.ts";

/** How long clients are asked to stay away while the server stops, in ms. */
const DRAINING_RETRY_MS = 5_000;

/** `POST /jobs/{kind}`, `GET /jobs/{id}`. */
export function jobRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/jobs/:name",
    roles: ["client", "viewer"],
    post: (call) => postJob(call, services),
    get: (call) => jobItem(call, services),
    delete: (call) => killJob(call, services),
  });
}

/** Stops a job for everybody. */
async function killJob(call: Call, services: Services): Promise<Response | Refusal> {
  if (!call.principal.roles.has("admin")) {
    return refuse("forbidden", { detail: "Cannot kill a job: it needs the role admin" });
  }
  const id = promiseIdOf(call, "name");
  if (isRefusal(id)) return id;
  const query = queryOf(call, { reason: reason() }, services);
  if (isRefusal(query)) return query;
  const found = await findPromise(services.source, id);
  if (isRefusal(found)) return found;
  const command = { type: "kill", promise: id, reason: query.reason ?? "" } as const;
  const outcome = await services.engine.done(command);
  if (outcome.type === "refused") return outcome.refusal;
  const killed = await findPromise(services.source, id);
  if (isRefusal(killed)) return killed;
  const { owner } = call.principal;
  return documentResponse(killed, services, {
    status: 202,
    shared: null,
    owner,
    headers: promiseHeaders(id, null),
  });
}

async function postJob(call: Call, services: Services): Promise<Response | Refusal> {
  if (services.isDraining()) {
    const detail = "Cannot take jobs: the server is about to stop";
    return refuse("draining", { detail, retryMs: DRAINING_RETRY_MS });
  }
  const kind = parseKindName(call.part("name"));
  if (kind === null) {
    return malformedParameter(
      "kind",
      call.part("name"),
      "1 to 128 of the characters A-Z a-z 0-9 . _ -",
    );
  }
  const options = parseJobOptions(call.url.searchParams, services.clock.now().wall);
  if (isRefusal(options)) return options;
  const owner = ownerOf(call, options.owner);
  if (isRefusal(owner)) return owner;
  const refused = checkPriority(call, options);
  if (refused !== null) return refused;
  const view = services.engine.kindView(kind);
  if (view === null) {
    const detail =
      `Cannot take jobs of kind "${kind}": the server defines none, and no worker has offered it`;
    return refuse("unknown-kind", { detail });
  }
  const body = await readBody(call.request, {
    bytesMax: services.limits.inputBytesMax,
    tooLarge: "input-too-large",
    clock: services.clock,
    connection: call.connection,
  });
  if (isRefusal(body)) return body;
  const posting: Posting = {
    kind,
    contentType: call.request.headers.get("content-type") ?? "",
    body,
    explicitKey: options.key,
    owner,
  };
  const identity = await services.identify(posting, view);
  if (isRefusal(identity)) return identity;
  return await answerPost(call, services, { posting, view, identity, options, owner });
}

interface Post {
  readonly posting: Posting;
  readonly view: KindView;
  readonly identity: Identity;
  readonly options: JobOptions;
  readonly owner: string;
}

async function answerPost(call: Call, services: Services, job: Post): Promise<Response | Refusal> {
  const { options } = job;
  const prefer = parsePrefer(call.request.headers);
  const isWaiting = prefer.waitMs !== null && prefer.waitMs > 0;
  const isHeld = isWaiting && options.onDisconnect === "cancel";
  const command = commandOf(call, job, isHeld);
  const posted = await post(services.engine, {
    command,
    maxAgeMs: options.maxAgeMs,
    isStoredOnly: options.onlyStored === true,
  });
  if (isRefusal(posted)) return posted;
  // A reused result is the poster's to read, though it has no interest in it.
  if (posted.sharing === "reused") services.readers.admit(job.owner, posted.promise);
  if (!isWaiting) return await documentAnswer(call, services, posted, job.owner);
  const hold = isHeld && posted.sharing !== "reused"
    ? holdInterest(services, posted.promise, { command, signal: call.request.signal })
    : null;
  try {
    return await waitedAnswer(call, services, { posted, prefer, job, hold });
  } finally {
    if (hold?.isStreaming === false) hold.end(false);
  }
}

function commandOf(
  call: Call,
  { posting, view, identity, options, owner }: Post,
  isHeld: boolean,
): PostCommand {
  const tags = [...new Set([...options.tags, ...identity.tags])];
  const { contentType, body } = posting;
  return {
    type: "post",
    kind: view.kind,
    version: view.version,
    key: identity.key,
    input: { contentType: contentType === "" || body.length === 0 ? OCTETS : contentType, body },
    run: identity.run,
    wish: {
      owner,
      queue: options.queue ?? DEFAULT_QUEUE,
      priority: options.priority,
      ttlMs: options.ttlMs,
      timeoutMs: options.timeoutMs,
      attempts: options.attempts,
      delayMs: options.delayMs,
      deadline: options.deadline,
      isHeld,
    },
    tags,
    traceparent: traceOf(call.request.headers.get("traceparent")),
  };
}

/** A trace context that is well-formed (W3C Trace Context, section 3.2); anything else is ignored, as it asks. */
function traceOf(header: string | null): string | null {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header ?? "");
  return match && !/^0+$/.test(match[1]!) && !/^0+$/.test(match[2]!) ? match[0] : null;
}

async function documentAnswer(
  call: Call,
  services: Services,
  posted: Posted,
  owner: string,
): Promise<Response | Refusal> {
  const record = await findPromise(services.source, posted.promise);
  if (isRefusal(record)) return record;
  const headers = promiseHeaders(posted.promise, posted);
  if (parsePrefer(call.request.headers).respondAsync) {
    headers.set("Preference-Applied", "respond-async");
  }
  const status = posted.sharing === "reused" ? 200 : 202;
  return documentResponse(record, services, { status, shared: posted, owner, headers });
}

async function waitedAnswer(
  call: Call,
  services: Services,
  { posted, prefer, job, hold }: {
    posted: Posted;
    prefer: Preferences;
    job: Post;
    hold: Hold | null;
  },
): Promise<Response | Refusal> {
  const { source, limits } = services;
  const id = posted.promise;
  call.connection?.keepOpen();
  const headers = promiseHeaders(id, posted);
  headers.set("Preference-Applied", applied(prefer.waitMs!, limits.waitMsMax));
  const named = namedForm(call.request.headers.get("accept"));
  const { record } = await waitFor(source, id, {
    isWanted: isAnswerable,
    ms: named === null ? Math.min(prefer.waitMs!, limits.waitMsMax) : 0,
    signal: call.request.signal,
  });
  if (isRefusal(record)) return record;
  if (!isAnswerable(record) && named === null) {
    hold?.end(true);
    return documentResponse(record, services, {
      status: 202,
      shared: posted,
      owner: job.owner,
      headers,
    });
  }
  headers.set("Content-Location", `${services.settings.basePath}/promises/${id}/result`);
  const request = { call, headers, from: 0, ...(hold && { onStream: () => hold.stream() }) };
  const answer = isAnswerable(record)
    ? await resultResponse(record, services, request)
    : namedResponse(record, services, { ...request, named: named! });
  return isRefusal(answer) ? promiseRefusal(answer, call.path, { services, headers }) : answer;
}
