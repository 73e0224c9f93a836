// The job board: promises by time of creation, filtered, a page at a time.

import type { PromiseId } from "../core/ids.ts";
import type { PromiseRecord } from "../core/promise.ts";
import { listPromises } from "../store/layout.ts";
import type { Source } from "./source.ts";

/** Most records that one step of a list reads. */
const STEP = 500;
/** A list answers with what it has found after so long, in ms, and a cursor to go on. */
const SCAN_MS_MAX = 20;

/** Which part of the board is wanted. */
export interface BoardQuery {
  readonly order: "newest" | "oldest";
  /** Most records of the page. */
  readonly size: number;
  /** The last record of the page before; null: from the beginning. */
  readonly after: PromiseId | null;
  readonly isWanted: (record: PromiseRecord) => boolean;
  /** No record from here on is wanted. */
  readonly isPast: (record: PromiseRecord) => boolean;
}

/** A page, and where the next begins; null: there is none. */
export interface BoardPage {
  readonly records: readonly PromiseRecord[];
  readonly next: PromiseId | null;
}

/** Reads a page of the board. Damaged records are left out. */
export async function readBoard(source: Source, query: BoardQuery): Promise<BoardPage> {
  const { order, size } = query;
  const until = source.clock.now().mono + SCAN_MS_MAX;
  const records: PromiseRecord[] = [];
  let { after } = query;
  for (;;) {
    const limit = Math.min(STEP, size + 1 - records.length);
    const step = await listPromises(source.store, { after, order, limit });
    for (const record of step) {
      if ("damaged" in record) {
        after = record.damaged;
        continue;
      }
      if (query.isPast(record)) return { records, next: null };
      if (query.isWanted(record)) {
        // One more than the page tells that there is a next.
        if (records.length === size) return { records, next: after };
        records.push(record);
      }
      after = record.id;
    }
    if (step.length < limit) return { records, next: null };
    if (source.clock.now().mono > until) return { records, next: after };
  }
}
