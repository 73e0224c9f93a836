// Probes: whether the server is alive, and whether it takes jobs.

import type { Hono } from "hono";
import { isRefusal, refuse } from "../../core/problem.ts";
import { queryOf, route } from "../handler.ts";
import type { Env, Services } from "../services.ts";

/** `GET /healthz`, `GET /readyz`. */
export function probeRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/healthz",
    roles: "open",
    get: (call) => {
      const query = queryOf(call, {}, services);
      if (isRefusal(query)) return query;
      return Response.json({ status: "alive", version: services.version });
    },
  });
  route(app, services, {
    path: "/readyz",
    roles: "open",
    get: (call) => {
      const query = queryOf(call, {}, services);
      if (isRefusal(query)) return query;
      if (services.isDraining()) {
        return refuse("draining", {
          detail: "Not ready: the server is about to stop",
          retryMs: 5_000,
        });
      }
      if (!services.engine.isWritable) {
        const detail = "Not ready: the storage does not take anything now";
        return refuse("storage-unavailable", { detail, retryMs: 5_000 });
      }
      return Response.json({ status: "ready" });
    },
  });
}
