// A promise's items, from any place to the end: what is stored at once, what is to come as it comes.
//
// R1. Each item exactly once, in order; then the end, once. Everything is read from the store by number, so that a
//     slow reader holds nothing but its place.

import type { PromiseId } from "../core/ids.ts";
import { READ_BYTES_MAX, READ_ITEMS_MAX } from "../core/limits.ts";
import { HeartyError, refuse } from "../core/problem.ts";
import { isSettled, type PromiseRecord } from "../core/promise.ts";
import { type ItemRow, readItems } from "../store/layout.ts";
import type { StoredItem, StreamEnd } from "../wire/records.ts";
import { nextNudge, type Source } from "./source.ts";
import { valueItem } from "./value.ts";

/** What a reader got: items, or the end with the record as it was settled. */
export type Read =
  | { readonly items: readonly StoredItem[] }
  | { readonly end: StreamEnd; readonly record: PromiseRecord };

/** A reader's place in one promise. */
export class Reader {
  readonly #source: Source;
  readonly id: PromiseId;
  readonly #value: "item" | "left out";
  #next: number;

  /** Reads from item `from` on. One value is read as the only item, or left out. */
  constructor(
    source: Source,
    id: PromiseId,
    { from, value }: { readonly from: number; readonly value: "item" | "left out" },
  ) {
    this.#source = source;
    this.id = id;
    this.#next = from;
    this.#value = value;
  }

  /** The number of the next item. */
  get next(): number {
    return this.#next;
  }

  /** What is there already: items, or the end; null: nothing yet. @throws {HeartyError} if it is damaged or gone. */
  async look(): Promise<Read | null> {
    const record = await recordOf(this.#source, this.id);
    if (this.#next < record.items) return { items: await this.#items() };
    if (!isSettled(record)) return null;
    const { life } = record;
    if (life.state === "rejected") {
      return { end: { end: "rejected", items: record.items, error: life.error }, record };
    }
    if (life.result.shape === "items") {
      return { end: { end: "fulfilled", items: record.items }, record };
    }
    if (this.#next > 0 || this.#value === "left out") {
      return { end: { end: "fulfilled", items: 1 }, record };
    }
    const item = await valueItem(this.#source, record);
    this.#next = 1;
    return { items: [item] };
  }

  /** As `look`, but waits until there is something; null only if `signal` aborted. */
  async read(signal: AbortSignal): Promise<Read | null> {
    for (;;) {
      const nudge = nextNudge(this.#source, [this.id], { until: Infinity, signal });
      const read = await this.look().catch((error: unknown) => {
        nudge.cancel();
        throw error;
      });
      if (read !== null || signal.aborted) {
        nudge.cancel();
        return read;
      }
      await nudge.came;
    }
  }

  async #items(): Promise<StoredItem[]> {
    const rows = await readItems(this.#source.store, this.id, {
      seq: this.#next,
      limit: READ_ITEMS_MAX,
      bytesMax: READ_BYTES_MAX,
    });
    if (rows === "damaged" || rows.length === 0) throw damaged(this.id, this.#next);
    this.#next += rows.length;
    return rows.map(storedItem);
  }
}

function storedItem({ seq, contentType, body }: ItemRow): StoredItem {
  return { seq, type: contentType, body };
}

async function recordOf(source: Source, id: PromiseId): Promise<PromiseRecord> {
  const record = await source.records.read(id);
  if (record === "damaged") throw damaged(id, null);
  if (record !== null) return record;
  const detail = `Cannot read promise "${id}": it has expired`;
  throw new HeartyError(refuse("not-found", { detail }));
}

function damaged(id: PromiseId, seq: number | null): HeartyError {
  const what = seq === null ? "its record" : `item ${seq}`;
  return new HeartyError(
    refuse("damaged", { detail: `Cannot read promise "${id}": ${what} is damaged` }),
  );
}
