// Which store a name means. The only place that knows all backends; each is loaded when it is asked for, so that a
// server in memory needs no database driver.

import type { Clock } from "../base/clock.ts";
import { type KV, StoreError } from "./kv.ts";
import { memoryStore } from "./memory.ts";

/** How a store is opened. */
export interface StoreOptions {
  /**
   * What a resolved commit of the file backend survives: `full`, a power cut; `normal`, the end of the process but
   * not a power cut, which may cost the last commits (never one from between). Default `full`.
   */
  readonly durability?: "full" | "normal";
  /** Bytes beyond which the file does not grow; deletes go on there. Default: what the disk has room for. */
  readonly fileBytesMax?: number;
  /** Times the calls of the file backend. Default: the system's clock. */
  readonly clock?: Clock;
}

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
