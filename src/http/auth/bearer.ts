// The bearer token of a request (RFC 6750), wherever it stands.

import { decodeUtf8, fromBase64Url } from "../../base/bytes.ts";
import { BEARER_PREFIX } from "../../wire/messages.ts";

/** The token in `Authorization` or, of a WebSocket's upgrade, among the offered subprotocols; null: none, or not a bearer's. */
export function bearerOf({ headers }: Request): string | null {
  const header = headers.get("authorization");
  if (header !== null) return BEARER.exec(header)?.[1] ?? null;
  return headers.get("upgrade")?.toLowerCase() === "websocket" ? tokenOfProtocols(headers) : null;
}

/** Headers that show a token; null if no header can hold it. */
export function bearerHeaders(token: string): Headers | null {
  return TOKEN.test(token) ? new Headers({ Authorization: `Bearer ${token}` }) : null;
}

/** A browser cannot set the headers of a WebSocket, so its token comes as a subprotocol, in base64url. */
function tokenOfProtocols(headers: Headers): string | null {
  const offered = (headers.get("sec-websocket-protocol") ?? "").split(",");
  const bearer = offered.map((text) => text.trim()).find((text) => text.startsWith(BEARER_PREFIX));
  const bytes = bearer === undefined ? null : fromBase64Url(bearer.slice(BEARER_PREFIX.length));
  return bytes === null ? null : decodeUtf8(bytes);
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;
const TOKEN = /^[\x21-\x7e]+$/;
