// The dashboard: a page and the files that it loads, all from here.

import type { Hono } from "hono";
import { dashboard } from "../../dashboard/assets.ts";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import { type Call, route } from "../handler.ts";
import type { Env, Services } from "../services.ts";

/** The page runs its own script only, shows names and results as text, and speaks with nobody but this server. */
const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

/** `GET /`, `GET /ui/assets/{file}`. */
export function pageRoutes(app: Hono<Env>, services: Services): void {
  const { basePath } = services.settings;
  const { page, assets } = dashboard(basePath, services.sha256);
  const getPage = () => new Response(page, { headers: PAGE_HEADERS });
  // Below a base path the server is at that path, with and without a slash at its end.
  for (const path of basePath === "" ? ["/"] : ["", "/"]) {
    route(app, services, { path, roles: "open", get: getPage });
  }
  route(app, services, {
    path: "/ui/assets/:file",
    roles: "open",
    get: (call) => {
      const asset = assetOf(call, assets);
      if (isRefusal(asset)) return asset;
      return new Response(asset.text, {
        headers: {
          "Content-Type": asset.contentType,
          "Cache-Control": "public, max-age=31536000, immutable",
          "X-Content-Type-Options": "nosniff",
        },
      });
    },
  });
}

function assetOf<Asset>(call: Call, assets: ReadonlyMap<string, Asset>): Asset | Refusal {
  return assets.get(call.part("file")) ??
    refuse("not-found", {
      detail: `Cannot find "${call.path}": it belongs to another version of the page`,
    });
}
