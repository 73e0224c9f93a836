// How a route is written: a function of the request that answers with a response or a refusal, behind a role.

import type { Context, Hono } from "hono";
import { parsePromiseId, type PromiseId } from "../core/ids.ts";
import { isRefusal, type Refusal, refuse } from "../core/problem.ts";
import { malformedParameter, type Parameters, type Query, readQuery } from "../wire/query.ts";
import { refusalResponse } from "./answer.ts";
import type { Principal, Role } from "./auth/principal.ts";
import type { Env, Services } from "./services.ts";
import type { Connection } from "./connection.ts";

/** A request as a route sees it. */
export interface Call {
  readonly request: Request;
  readonly url: URL;
  /** The path as the client wrote it. */
  readonly path: string;
  readonly principal: Principal;
  readonly connection: Connection | null;
  /** A part of the path. */
  part(name: string): string;
}

/** A route's work. */
export type Route = (call: Call) => Response | Refusal | Promise<Response | Refusal>;

type Method = "get" | "post" | "patch" | "delete";

/** One path: what each method does and who may. Methods that are not named are refused with 405. */
export function route(
  app: Hono<Env>,
  services: Services,
  { path, roles, ...methods }:
    & { readonly path: string; readonly roles: Roles }
    & { readonly [M in Method]?: Route },
): void {
  const full = services.settings.basePath + path;
  for (const [method, work] of Object.entries(methods)) {
    app.on(
      method.toUpperCase(),
      full,
      async (context) =>
        headAnswer(context.req.raw, await answer(context, services, { roles, work: work! })),
    );
  }
  const allowed = Object.keys(methods).map((method) => method.toUpperCase());
  if (allowed.includes("GET")) allowed.push("HEAD");
  app.all(full, (context) => {
    const { method } = context.req;
    const detail = `Cannot ${method} "${context.req.path}": allowed are ${allowed.join(", ")}`;
    const refusal = refuse("method-not-allowed", { detail });
    const response = refusalResponse(refusal, context.req.path, services);
    response.headers.set("Allow", [...allowed, "OPTIONS"].join(", "));
    return headAnswer(context.req.raw, response);
  });
}

/** What HEAD is answered with: the length of the body that GET would have, where it is known, and no body. */
export async function headAnswer({ method }: Request, response: Response): Promise<Response> {
  if (method !== "HEAD" || response.body === null) return response;
  const { status, headers } = response;
  if (headers.has("content-length")) await response.body.cancel();
  else {
    let length = 0;
    for await (const chunk of response.body) length += chunk.length;
    headers.set("Content-Length", String(length));
  }
  return new Response(null, { status, headers });
}

/** Who may call: anybody at all, or whoever has one of these roles. */
export type Roles = "open" | readonly Role[];

async function answer(
  context: Context<Env>,
  services: Services,
  { roles, work }: { roles: Roles; work: Route },
): Promise<Response> {
  const request = context.req.raw;
  const { path } = context.req;
  const principal = await services.authenticator.identify(request);
  if (roles !== "open") {
    if (isRefusal(principal)) return refusalResponse(principal, path, services);
    // A viewer reads everything and changes nothing.
    const isRead = request.method === "GET" || request.method === "HEAD";
    const sufficient = isRead ? roles : roles.filter((role) => role !== "viewer");
    if (!sufficient.some((role) => principal.roles.has(role))) {
      const detail = `Cannot do this: it needs the role ${sufficient.join(" or ")}`;
      return refusalResponse(refuse("forbidden", { detail }), path, services);
    }
  }
  const done = await work({
    request,
    url: context.env.url,
    path,
    principal: isRefusal(principal) ? NOBODY : principal,
    connection: context.env.connection,
    part: (name) => context.req.param(name) ?? "",
  });
  return isRefusal(done) ? refusalResponse(done, path, services) : done;
}

const NOBODY: Principal = { owner: "", roles: new Set(), priorityMax: 0 };

/** The promise that a path names. */
export function promiseIdOf(call: Call, name = "id"): PromiseId | Refusal {
  const text = call.part(name);
  return parsePromiseId(text) ??
    malformedParameter(name, text, "the id of a promise: a UUID of version 7");
}

/** The query of a call. */
export function queryOf<P extends Parameters>(
  call: Call,
  parameters: P,
  services: Services,
): Query<P> | Refusal {
  return readQuery(call.url.searchParams, parameters, services.clock.now().wall);
}

/** Whom the caller acts for: itself, or, for administrators and where nobody is authenticated, whom it names. */
export function ownerOf(call: Call, named: string | null): string | Refusal {
  const { principal } = call;
  if (named === null || named === principal.owner) return principal.owner;
  if (principal.roles.has("admin")) return named;
  return refuse("forbidden", {
    detail: `Cannot act for owner "${named}": only administrators act for others`,
  });
}
