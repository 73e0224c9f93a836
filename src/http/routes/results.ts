// A promise's result and events.

import type { Hono } from "hono";
import { isRefusal, type Refusal } from "../../core/problem.ts";
import { waitFor } from "../../stream/source.ts";
import { parseLastEventId, parsePrefer } from "../../wire/headers.ts";
import { duration, sequence } from "../../wire/query.ts";
import { documentResponse, promiseHeaders, promiseRefusal } from "../answer.ts";
import { findReadable } from "../auth/visibility.ts";
import { type Call, promiseIdOf, queryOf, route } from "../handler.ts";
import {
  eventsResponse,
  isAnswerable,
  namedForm,
  namedResponse,
  resultResponse,
} from "../result.ts";
import type { Env, Services } from "../services.ts";
import { applied } from "./promises.ts";

const RESULT_PARAMETERS = {
  from: sequence("The first item that is wanted."),
  wait: duration("How long to wait for the result."),
};
const EVENT_PARAMETERS = { from: sequence("The first item that is wanted.") };

/** `GET /promises/{id}/result`, `GET /promises/{id}/events`. */
export function resultRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/promises/:id/result",
    roles: ["client", "viewer"],
    get: (call) => getResult(call, services),
  });
  route(app, services, {
    path: "/promises/:id/events",
    roles: ["client", "viewer"],
    get: (call) => getEvents(call, services),
  });
}

async function getResult(call: Call, services: Services): Promise<Response | Refusal> {
  const { source, limits } = services;
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, RESULT_PARAMETERS, services);
  if (isRefusal(query)) return query;
  let record = await findReadable(services, id, call.principal);
  if (isRefusal(record)) return record;
  const named = namedForm(call.request.headers.get("accept"));
  const headers = promiseHeaders(id, null);
  const request = { call, headers, from: query.from ?? 0 };
  if (!isAnswerable(record) && named !== null) {
    return namedResponse(record, services, { ...request, named });
  }
  const prefer = parsePrefer(call.request.headers).waitMs;
  const wanted = query.wait ?? prefer;
  if (prefer !== null && query.wait === null) {
    headers.set("Preference-Applied", applied(prefer, limits.waitMsMax));
  }
  if (!isAnswerable(record) && wanted !== null) {
    call.connection?.keepOpen();
    const ms = Math.min(wanted, limits.waitMsMax);
    const { signal } = call.request;
    ({ record } = await waitFor(source, id, { isWanted: isAnswerable, ms, signal }));
    if (isRefusal(record)) return record;
  }
  if (isAnswerable(record)) {
    const answer = await resultResponse(record, services, request);
    return isRefusal(answer) ? promiseRefusal(answer, call.path, { services, headers }) : answer;
  }
  headers.append("Vary", "Accept");
  return documentResponse(record, services, {
    status: 202,
    shared: null,
    owner: call.principal.owner,
    headers,
  });
}

async function getEvents(call: Call, services: Services): Promise<Response | Refusal> {
  const id = promiseIdOf(call);
  if (isRefusal(id)) return id;
  const query = queryOf(call, EVENT_PARAMETERS, services);
  if (isRefusal(query)) return query;
  const last = parseLastEventId(call.request.headers.get("last-event-id"));
  if (isRefusal(last)) return last;
  const record = await findReadable(services, id, call.principal);
  if (isRefusal(record)) return record;
  const headers = promiseHeaders(id, null);
  // What stops an EventSource from coming back.
  if (last === "end") return new Response(null, { status: 204, headers });
  const from = last === null ? query.from ?? 0 : last.seq + 1;
  return eventsResponse(record, services, { call, headers, from });
}
