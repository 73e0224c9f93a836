// The table of routes, and what comes before and after each.

import { Hono } from "hono";
import { refuse } from "../core/problem.ts";
import { refusalOfError, refusalResponse } from "./answer.ts";
import { addCors, preflight } from "./cors.ts";
import { checkForm, checkOrigin } from "./guard.ts";
import { headAnswer } from "./handler.ts";
import { boardRoutes } from "./routes/board.ts";
import { docRoutes } from "./routes/docs.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { pageRoutes } from "./routes/pages.ts";
import { probeRoutes } from "./routes/probes.ts";
import { promiseRoutes } from "./routes/promises.ts";
import { resultRoutes } from "./routes/results.ts";
import { sessionRoutes } from "./routes/session.ts";
import { workerRoutes } from "./routes/workers.ts";
import type { Env, Services } from "./services.ts";
import type { Connection } from "./connection.ts";

/** Answers requests. `connection` is null where there is none, as in tests. */
export type Fetch = (request: Request, connection: Connection | null) => Promise<Response>;

/** The whole HTTP side. */
export function createApp(services: Services): Fetch {
  const { onFault, clock } = services;
  const app = new Hono<Env>({ strict: true });
  app.onError((error, context) =>
    refusalResponse(refusalOfError(error, onFault), context.req.path, services)
  );
  app.notFound((context) => {
    const { path } = context.req;
    const refusal = refuse("not-found", { detail: `Cannot find "${path}": there is no such path` });
    return headAnswer(context.req.raw, refusalResponse(refusal, path, services));
  });
  for (
    const routes of [
      probeRoutes,
      docRoutes,
      jobRoutes,
      promiseRoutes,
      resultRoutes,
      boardRoutes,
      workerRoutes,
      sessionRoutes,
      pageRoutes,
    ]
  ) {
    routes(app, services);
  }
  return async (request, connection) => {
    const startedAt = clock.now().mono;
    const response = await respond(request, connection);
    addCors(response.headers, request.headers.get("origin"), services);
    const ms = clock.now().mono - startedAt;
    if (ms >= 1) response.headers.set("Server-Timing", `total;dur=${ms.toFixed(1)}`);
    return response;
  };

  async function respond(request: Request, connection: Connection | null): Promise<Response> {
    try {
      const passed = checkForm(request, services);
      if ("refused" in passed) return refusalResponse(passed, "/", services);
      const { url } = passed;
      const path = withinBase(url, services.settings.basePath);
      if (path === null) {
        const detail = `Cannot find "${url.pathname}": it is not below the base path`;
        return refusalResponse(refuse("not-found", { detail }), url.pathname, services);
      }
      const foreign = path === "/healthz" || path === "/readyz"
        ? null
        : checkOrigin(request, url, services);
      if (foreign !== null) return refusalResponse(foreign, path, services);
      return request.method === "OPTIONS"
        ? preflight(request.headers.get("origin"), services)
        : await app.fetch(request, { connection, url });
    } catch (error) {
      return refusalResponse(refusalOfError(error, onFault), "/", services);
    }
  }
}

function withinBase({ pathname }: URL, basePath: string): string | null {
  if (basePath === "") return pathname;
  return pathname === basePath || pathname.startsWith(`${basePath}/`)
    ? pathname.slice(basePath.length) || "/"
    : null;
}
