// Pages of other origins: an allow-list, off by default.

import type { Services } from "./services.ts";

const EXPOSED = [
  "Location",
  "Hearty-Promise",
  "Cache-Status",
  "Retry-After",
  "ETag",
  "Content-Location",
  "Preference-Applied",
].join(", ");
const METHODS = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
const HEADERS =
  "Accept, Authorization, Content-Type, If-Match, If-None-Match, If-Range, Last-Event-ID, Prefer, Range, traceparent, tracestate";
const PREFLIGHT_SECONDS = "600";

/** Adds what lets an allowed page read an answer. */
export function addCors(headers: Headers, origin: string | null, { settings }: Services): void {
  if (settings.corsOrigins.length === 0) return;
  headers.append("Vary", "Origin");
  if (origin === null || !settings.corsOrigins.includes(origin)) return;
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Allow-Credentials", "true");
  headers.set("Access-Control-Expose-Headers", EXPOSED);
}

/** The answer to `OPTIONS`. */
export function preflight(origin: string | null, services: Services): Response {
  const headers = new Headers({ Allow: METHODS });
  if (origin !== null && services.settings.corsOrigins.includes(origin)) {
    headers.set("Access-Control-Allow-Methods", METHODS);
    headers.set("Access-Control-Allow-Headers", HEADERS);
    headers.set("Access-Control-Max-Age", PREFLIGHT_SECONDS);
  }
  return new Response(null, { status: 204, headers });
}
