// What every request must be before a route sees it: readable, of bounded size, and not from a foreign web page.

import { HEADER_LINES_MAX } from "../core/limits.ts";
import { type Refusal, refuse } from "../core/problem.ts";
import type { Services } from "./services.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"]);
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** A request that passed: its URL, parsed once. */
export interface Passed {
  readonly url: URL;
}

/** Checks form and size. */
export function checkForm(request: Request, services: Services): Passed | Refusal {
  if (!METHODS.has(request.method)) {
    const detail = `Cannot answer method "${request.method.slice(0, 20)}": it is not known`;
    return refuse("not-implemented", { detail });
  }
  const { urlBytesMax } = services.limits;
  const target = targetOf(request.url);
  if (target.length > urlBytesMax) {
    const detail = `Cannot read the URL: it has over ${urlBytesMax} bytes`;
    return refuse("url-too-long", { detail });
  }
  const header = checkHeader(request.headers, services.limits.headerBytesMax);
  if (header !== null) return header;
  const url = parseUrl(request.url);
  if (url === null || BAD_PATH.test(target.split("?", 1)[0]!) || BAD_ESCAPE.test(target)) {
    return refuse("malformed-request", { detail: "Cannot read the URL: it is malformed" });
  }
  if (!namesHost(request.headers.get("host"), url)) {
    return refuse("malformed-request", { detail: "Cannot read the URL: its host is not the Host" });
  }
  return { url };
}

/** Path and query as they were written. */
function targetOf(href: string): string {
  const start = href.indexOf("/", href.indexOf("://") + 3);
  return start === -1 ? "/" : href.slice(start);
}

function checkHeader(headers: Headers, bytesMax: number): Refusal | null {
  let bytes = 0;
  let lines = 0;
  for (const [name, value] of headers) {
    bytes += name.length + value.length + 4;
    lines++;
  }
  const coding = headers.get("transfer-encoding");
  if (coding !== null && coding.toLowerCase() !== "chunked") {
    return refuse("malformed-request", {
      detail: `Cannot read the body: its transfer coding is "${coding.slice(0, 40)}", not chunked`,
    });
  }
  if (bytes <= bytesMax && lines <= HEADER_LINES_MAX) return null;
  return refuse("header-too-large", {
    detail: `Cannot read the header: it has over ${bytesMax} bytes or ${HEADER_LINES_MAX} lines`,
  });
}

function parseUrl(text: string): URL | null {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** What routing and authentication could read differently: doubled slashes, segments of dots, escapes that hide a separator. */
const BAD_PATH = /\/\/|\/(?:\.|%2e){1,2}(?:\/|$)|\\|%2f|%5c|%00|[^\x21-\x7e]/i;
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;

/** Whether the header names the URL's host, as it must: where the target has a host of its own, the runtimes differ in which of the two they believe. HTTP/1.0 needs no header. */
function namesHost(host: string | null, url: URL): boolean {
  if (host === null || host === "" || host === url.host) return true;
  return !NO_HOST.test(host) && parseUrl(`${url.protocol}//${host}`)?.host === url.host;
}

const NO_HOST = /[/?#@\\]/;

/** Without authentication, pages and names of elsewhere are kept out: of changes by their Origin, of everything by their Host. */
export function checkOrigin(request: Request, url: URL, services: Services): Refusal | null {
  const origin = request.headers.get("origin");
  const isOpen = services.authenticator.mode === "none";
  if (isOpen && !services.settings.isInsecure && !isKnownHost(url, services)) {
    const detail =
      `Cannot serve the host "${url.hostname}": it is neither loopback nor the public URL's`;
    return refuse("foreign-host", { detail });
  }
  const isChange = !SAFE_METHODS.has(request.method) || request.headers.has("upgrade");
  if (!isChange) return null;
  // Browsers name the origin of every change; who hides it may be a page that uses somebody's cookie.
  if (origin === null) return services.logins.credentialsOf(request) && missingOrigin();
  const usesBearer = request.headers.get("authorization") !== null;
  if (usesBearer && !isOpen) return null;
  return isAllowedOrigin(origin, url, services) ? null : foreignOrigin(origin);
}

function missingOrigin(): Refusal {
  return refuse("foreign-origin", {
    detail: "Cannot take this on the strength of a cookie: the request names no origin",
  });
}

/** The refusal of a foreign page. */
export function foreignOrigin(origin: string): Refusal {
  return refuse("foreign-origin", {
    detail: `Cannot take this from a page of "${origin.slice(0, 100)}": the origin is not allowed`,
  });
}

/** Whether pages of an origin may change something: the server's own, the public URL's, and those of the CORS list. */
export function isAllowedOrigin(origin: string, url: URL, { settings }: Services): boolean {
  if (origin === url.origin) return true;
  if (settings.publicUrl !== null && origin === new URL(settings.publicUrl).origin) return true;
  return settings.corsOrigins.includes(origin);
}

function isKnownHost({ hostname }: URL, { settings }: Services): boolean {
  if (LOOPBACK.test(hostname)) return true;
  return settings.publicUrl !== null && new URL(settings.publicUrl).hostname === hostname;
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\])$/i;
