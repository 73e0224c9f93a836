// Logging in, for browsers: who somebody is, the cookie, and its end.

import type { Hono } from "hono";
import { decodeUtf8 } from "../../base/bytes.ts";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import { mediaEssence } from "../../wire/media.ts";
import { bearerHeaders } from "../auth/bearer.ts";
import { LOGIN_COOKIE, LOGIN_MS } from "../auth/login.ts";
import type { Principal } from "../auth/principal.ts";
import { readBody } from "../body.ts";
import { foreignOrigin, isAllowedOrigin } from "../guard.ts";
import { type Call, queryOf, route } from "../handler.ts";
import type { Env, Services } from "../services.ts";

/** Largest login form, in bytes. */
const FORM_BYTES_MAX = 16 * 1024;
const FORM = "application/x-www-form-urlencoded";

/** `/session`. */
export function sessionRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/session",
    roles: "open",
    get: (call) => getSession(call, services),
    post: (call) => beginLogin(call, services),
    delete: (call) => endLogin(call, services),
  });
}

async function getSession(call: Call, services: Services): Promise<Response | Refusal> {
  const query = queryOf(call, {}, services);
  if (isRefusal(query)) return query;
  const principal = await services.authenticator.identify(call.request);
  return isRefusal(principal) ? principal : sessionResponse(principal, services);
}

async function beginLogin(call: Call, services: Services): Promise<Response | Refusal> {
  const query = queryOf(call, {}, services);
  if (isRefusal(query)) return query;
  const { authenticator, logins } = services;
  const origin = call.request.headers.get("origin");
  // Here a token does not excuse a foreign page: it would plant its own login in somebody's browser.
  if (origin !== null && !isAllowedOrigin(origin, call.url, services)) return foreignOrigin(origin);
  const credentials = await credentialsOf(call, services);
  if (isRefusal(credentials)) return credentials;
  const principal = await authenticator.identify(credentials);
  if (isRefusal(principal)) return principal;
  const response = sessionResponse(principal, services);
  if (authenticator.mode === "none") return response;
  logins.end(call.request);
  const id = logins.begin(principal.owner, credentials);
  response.headers.set("Set-Cookie", cookie(call, services, { id, seconds: LOGIN_MS / 1_000 }));
  return response;
}

/** A request that shows nothing but the token: of the header, or of the form. */
async function credentialsOf(call: Call, services: Services): Promise<Request | Refusal> {
  const header = call.request.headers.get("authorization");
  if (header !== null) return new Request(call.url, { headers: { Authorization: header } });
  const body = await readBody(call.request, {
    bytesMax: FORM_BYTES_MAX,
    tooLarge: "body-too-large",
    clock: services.clock,
    connection: call.connection,
  });
  if (isRefusal(body)) return body;
  if (body.length === 0) return new Request(call.url);
  const type = call.request.headers.get("content-type") ?? "";
  if (mediaEssence(type) !== FORM) {
    return refuse("unsupported-media-type", {
      detail: `Cannot log in by a body of type "${type.slice(0, 100)}": wanted is ${FORM}`,
    });
  }
  const fields = [...new URLSearchParams(decodeUtf8(body) ?? "")];
  const [name, token] = fields[0] ?? [];
  if (fields.length !== 1 || name !== "token" || token === undefined) {
    return refuse("invalid-body", { detail: 'Cannot log in: the form has one field, "token"' });
  }
  const headers = bearerHeaders(token.trim());
  return headers === null ? unspeakableToken() : new Request(call.url, { headers });
}

function unspeakableToken(): Refusal {
  return refuse("unauthorised", {
    detail: "Cannot log in: a token has only visible ASCII characters",
  });
}

function endLogin(call: Call, services: Services): Response | Refusal {
  const query = queryOf(call, {}, services);
  if (isRefusal(query)) return query;
  services.logins.end(call.request);
  const headers = { "Set-Cookie": cookie(call, services, { id: "", seconds: 0 }) };
  return new Response(null, { status: 204, headers });
}

function sessionResponse({ owner, roles }: Principal, { authenticator }: Services): Response {
  return Response.json({ owner, roles: [...roles], auth: authenticator.mode }, {
    headers: { "Cache-Control": "no-store", Vary: "Authorization, Cookie" },
  });
}

function cookie(
  { url }: Call,
  { settings }: Services,
  { id, seconds }: { id: string; seconds: number },
): string {
  const isSecure = url.protocol === "https:" || settings.publicUrl?.startsWith("https:") === true;
  const path = settings.basePath || "/";
  return `${LOGIN_COOKIE}=${id}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict` +
    (isSecure ? "; Secure" : "");
}
