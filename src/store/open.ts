// Which store a name means. The only place that knows all backends; each is loaded when it is asked for, so that a
// server in memory needs no database driver.

import { type KV, StoreError } from "./kv.ts";
import { memoryStore } from "./memory.ts";
import type { StoreOptions } from "./sqlite.ts";

export type { StoreOptions };

/**
 * Opens a store: `memory`, or `file:` and the path of a file, which is made if it is not there.
 * @throws {StoreError} `unavailable` if there is no such backend, or the file cannot be used.
 */
export async function openStore(spec: string, options: StoreOptions = {}): Promise<KV> {
  if (spec === "memory") return memoryStore();
  if (spec.startsWith("file:") && spec.length > "file:".length) {
    const { openSqlite } = await import("./sqlite.ts");
    return await openSqlite(spec.slice("file:".length), options);
  }
  throw new StoreError(
    "unavailable",
    `Cannot open store "${
      withoutPassword(spec)
    }": unknown kind of store, wanted memory or file:PATH`,
  );
}

/** A URL's password must reach no log. */
function withoutPassword(spec: string): string {
  return spec.replace(/\/\/[^/@]*@/, "//");
}
