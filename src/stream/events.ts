// The events of one promise, for EventSource and for anything else: its document first, then what changes, its items
// from any place, and its end.

import type { Mono } from "../base/clock.ts";
import { isSettled, phaseOf, type PromiseRecord } from "../core/promise.ts";
import { countOwners } from "../core/interest.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";
import { isJson } from "../wire/media.ts";
import type { StreamEnd } from "../wire/records.ts";
import {
  type EndResult,
  INLINE_RESULT_BYTES_MAX,
  writeComment,
  writeEndEvent,
  writeEvent,
  writeItemEvent,
  writeRetry,
} from "../wire/sse.ts";
import { promiseDocument } from "./document.ts";
import { Reader } from "./reader.ts";
import type { Produce } from "./render.ts";
import { nextNudge, type Source } from "./source.ts";
import { valueItem } from "./value.ts";

/** How long a reader waits before it connects again, in ms. */
const RETRY_MS = 2_000;
/** Silence after which a comment keeps proxies from closing, in ms. */
const KEEP_ALIVE_MS = 10_000;
/** Least time between two `status` events, in ms. */
const STATUS_MS = 250;

/** Produces the events of a promise from item `from` on. */
export function promiseEvents(
  source: Source,
  record: PromiseRecord,
  { from, basePath, owner }: { from: number; basePath: string; owner: string | null },
): Produce {
  return new Events(source, record, { from, basePath, owner }).produce;
}

class Events {
  readonly #source: Source;
  readonly #reader: Reader;
  readonly #options: { readonly basePath: string; readonly owner: string | null };
  /** What the last `status` said, and when. */
  #status = "";
  #statusAt: Mono = -Infinity;
  #progress = "";
  #isFirst = true;

  constructor(
    source: Source,
    record: PromiseRecord,
    { from, ...options }: { from: number; basePath: string; owner: string | null },
  ) {
    this.#source = source;
    this.#options = options;
    // One value comes with the end, if it comes at all.
    this.#reader = new Reader(source, record.id, { from, value: "left out" });
  }

  readonly produce: Produce = async (out, signal) => {
    const silentUntil = this.#source.clock.now().mono + KEEP_ALIVE_MS;
    for (;;) {
      const until = Math.min(silentUntil, this.#nextStatus);
      const nudge = nextNudge(this.#source, [this.#reader.id], { until, signal });
      try {
        const { isEnd } = await this.#write(out);
        if (isEnd || out.length > 0) return { isEnd };
        // A status is held back since this look: wait again, only until it may be said.
        if (this.#nextStatus < until) continue;
        if (signal.aborted) {
          writeComment(out, "the server stops, come back");
          return { isEnd: true };
        }
        await nudge.came;
        if (this.#source.clock.now().mono >= silentUntil && !signal.aborted) {
          writeComment(out, "still here");
          return { isEnd: false };
        }
      } finally {
        nudge.cancel();
      }
    }
  };

  /** When a status that is held back may be said; Infinity: none is. */
  #nextStatus = Infinity;

  async #write(out: ByteWriter): Promise<{ isEnd: boolean }> {
    if (this.#isFirst) writeRetry(out, RETRY_MS);
    await this.#writeStatus(out);
    this.#isFirst = false;
    const read = await this.#reader.look();
    if (read === null) return { isEnd: false };
    if ("end" in read) {
      await this.#writeEnd(out, read.end, read.record);
      return { isEnd: true };
    }
    for (const item of read.items) writeItemEvent(out, item, { id: String(item.seq) });
    return { isEnd: false };
  }

  async #writeStatus(out: ByteWriter): Promise<void> {
    const record = await this.#record();
    if (record === null) return;
    const { clock, live } = this.#source;
    const now = clock.now();
    const progress = isSettled(record) ? null : live.progress(record.id);
    const said = JSON.stringify(progress);
    const phase = phaseOf(record, now.wall) ?? record.life.state;
    const status = `${phase} ${record.attempt} ${countOwners(record.interests)} ${said}`;
    this.#nextStatus = Infinity;
    if (status === this.#status) return;
    if (now.mono < this.#statusAt + STATUS_MS && !isSettled(record)) {
      this.#nextStatus = this.#statusAt + STATUS_MS;
      return;
    }
    this.#status = status;
    this.#statusAt = now.mono;
    const document = promiseDocument(record, live, { ...this.#options, wall: now.wall });
    writeEvent(out, "status", JSON.stringify(document));
    if (document.progress === null || said === this.#progress) return;
    this.#progress = said;
    writeEvent(out, "progress", JSON.stringify(document.progress));
  }

  async #writeEnd(out: ByteWriter, end: StreamEnd, record: PromiseRecord): Promise<void> {
    writeEndEvent(out, end, { id: "end", result: await this.#endResult(record) });
  }

  async #endResult(record: PromiseRecord): Promise<EndResult> {
    const { life } = record;
    if (life.state !== "fulfilled" || life.result.shape !== "value") return null;
    const { type, bytes } = life.result;
    if (isJson(type) && bytes <= INLINE_RESULT_BYTES_MAX) {
      const { body, isFalseJson } = await valueItem(this.#source, record);
      if (!isFalseJson) return { json: body };
    }
    return { link: `${this.#options.basePath}/promises/${record.id}/result` };
  }

  async #record(): Promise<PromiseRecord | null> {
    const record = await this.#source.records.read(this.#reader.id);
    return record === "damaged" ? null : record;
  }
}
