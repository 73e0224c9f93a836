// Pages that explain: each problem's.

import type { Hono } from "hono";
import { isRefusal, refuse } from "../../core/problem.ts";
import { isProblemCode } from "../../wire/problem.ts";
import { problemPage } from "../../wire/problem-pages.ts";
import { queryOf, route } from "../handler.ts";
import type { Env, Services } from "../services.ts";

/** `GET /problems/{name}`. */
export function docRoutes(app: Hono<Env>, services: Services): void {
  route(app, services, {
    path: "/problems/:code",
    roles: "open",
    get: (call) => {
      const query = queryOf(call, {}, services);
      if (isRefusal(query)) return query;
      const code = call.part("code");
      if (!isProblemCode(code)) {
        const detail = `Cannot find problem "${code.slice(0, 64)}": there is none of this name`;
        return refuse("not-found", { detail });
      }
      return page(problemPage(code));
    },
  });
}

/** An HTML page that loads nothing. */
export function page(html: string): Response {
  return new Response(html, {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    },
  });
}
