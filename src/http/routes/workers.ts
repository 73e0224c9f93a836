// Where workers connect.

import type { Hono } from "hono";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import { PROTOCOLS } from "../../wire/messages.ts";
import { foreignOrigin, isAllowedOrigin } from "../guard.ts";
import { type Call, queryOf, route } from "../handler.ts";
import type { Env, Services } from "../services.ts";

/** `GET /workers/connect`. */
export function workerRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/workers/connect",
    roles: ["worker"],
    get: (call) => connect(call, services),
  });
}

function connect(call: Call, services: Services): Response | Refusal {
  const query = queryOf(call, {}, services);
  if (isRefusal(query)) return query;
  const { request, connection, principal } = call;
  const origin = request.headers.get("origin");
  if (origin !== null && !isAllowedOrigin(origin, call.url, services)) return foreignOrigin(origin);
  if (services.isDraining()) {
    return refuse("draining", {
      detail: "Cannot take workers: the server is about to stop",
      retryMs: 1_000,
    });
  }
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket" || connection === null) {
    return refuse("upgrade-required", { detail: "Cannot answer: workers connect by WebSocket" });
  }
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",").map((text) => text.trim());
  const protocol = offered.find((text) => PROTOCOLS.some((known) => known === text));
  if (protocol === undefined) {
    return refuse("malformed-request", {
      detail: `Cannot speak with this worker: it offers no subprotocol of ${PROTOCOLS.join(", ")}`,
    });
  }
  const peer = { principal: principal.owner, address: connection.address };
  try {
    return connection.upgrade(protocol, (port) => services.dispatch.accept(port, peer));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse("malformed-request", {
      detail: "Cannot connect: this is no valid WebSocket upgrade",
    });
  }
}
