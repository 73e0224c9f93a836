// A promise as a response, and any refusal as a problem.

import type { PromiseId } from "../core/ids.ts";
import { HeartyError, type Refusal, refuse } from "../core/problem.ts";
import type { PromiseRecord } from "../core/promise.ts";
import type { Sharing } from "../core/terms.ts";
import { documentTag, promiseDocument } from "../stream/document.ts";
import { cacheStatus } from "../wire/headers.ts";
import { problemResponse } from "../wire/problem.ts";
import type { Services } from "./services.ts";

/** How soon a client should ask again for a pending promise, in seconds. */
const RETRY_AFTER = "1";

/** How a post was answered, for the headers of the answer. */
export interface Shared {
  readonly sharing: Sharing;
  /** Of a reused promise: how much longer equal posts may get it, in ms. */
  readonly freshMs: number;
}

/** The headers that every answer about a promise carries. */
export function promiseHeaders(id: PromiseId, shared: Shared | null): Headers {
  return new Headers({
    "Hearty-Promise": id,
    "Cache-Status": shared === null
      ? "hearty; hit"
      : cacheStatus(shared.sharing, shared.sharing === "reused" ? shared.freshMs / 1_000 : null),
  });
}

/** A promise's document as the answer. */
export function documentResponse(
  record: PromiseRecord,
  services: Services,
  { status, shared, owner, headers = promiseHeaders(record.id, shared) }: {
    status: number;
    shared: Shared | null;
    owner: string;
    headers?: Headers;
  },
): Response {
  const { settings, source, clock } = services;
  const { wall } = clock.now();
  const { basePath } = settings;
  headers.set("Content-Type", "application/json");
  headers.set("ETag", documentTag(record, wall));
  headers.set("Cache-Control", "no-cache");
  headers.append("Vary", "Authorization, Cookie");
  if (shared !== null || status === 202) {
    headers.set("Location", `${basePath}/promises/${record.id}`);
  }
  if (status === 202) headers.set("Retry-After", RETRY_AFTER);
  const document = promiseDocument(record, source.live, { basePath, owner, wall });
  return new Response(JSON.stringify(document), { status, headers });
}

/** A refusal as the answer to a request for `path`. */
export function refusalResponse(refusal: Refusal, path: string, services: Services): Response {
  const base = services.settings.publicUrl ?? services.settings.basePath;
  const response = problemResponse(refusal, { base, instance: path });
  if (refusal.refused === "unauthorised") response.headers.set("WWW-Authenticate", "Bearer");
  // What is left of a body that was refused is not read.
  if (CLOSING.has(refusal.refused)) response.headers.set("Connection", "close");
  return response;
}

/** A refusal that is about a promise, with the headers of an answer about it. */
export function promiseRefusal(
  refusal: Refusal,
  path: string,
  { services, headers }: { services: Services; headers: Headers },
): Response {
  const response = refusalResponse(refusal, path, services);
  for (const name of KEPT_HEADERS) {
    const value = headers.get(name);
    if (value !== null) response.headers.set(name, value);
  }
  return response;
}

const KEPT_HEADERS = [
  "Hearty-Promise",
  "Cache-Status",
  "Preference-Applied",
  "Vary",
  "Content-Range",
];

const CLOSING = new Set([
  "input-too-large",
  "body-too-large",
  "request-timeout",
  "malformed-request",
]);

/** Whatever was thrown, as a refusal. What is not one of ours is a fault of the server, and is told to nobody. */
export function refusalOfError(error: unknown, onFault: (error: unknown) => void): Refusal {
  if (error instanceof HeartyError) return error.refusal;
  onFault(error);
  return refuse("internal-error", {
    detail: "Cannot answer: the server has a fault, which was logged",
  });
}
