// Which runtime this is, by what it can do. Only the file of that runtime is loaded.

import type { Runtime } from "./runtime.ts";

/** The runtime that this program runs on. */
export const runtime: Runtime = await detect();

async function detect(): Promise<Runtime> {
  if ("Bun" in globalThis) return (await import("./bun.ts")).bun;
  if ("Deno" in globalThis) return (await import("./deno.ts")).deno;
  throw new Error("Cannot run here: Hearty needs Bun or Deno");
}
