// A job as the desk's kinds see it, without a worker.

import type { Job } from "../../src/demo/kind.ts";

/** A job that keeps its progress, and can be cancelled. */
export interface FakeJob extends Job {
  readonly told: Parameters<Job["progress"]>[];
  cancel(): void;
}

/** A fresh job. */
export function fakeJob(): FakeJob {
  const controller = new AbortController();
  const told: FakeJob["told"] = [];
  return {
    told,
    signal: controller.signal,
    progress: (...progress) => void told.push(progress),
    cancel: () => controller.abort(new Error("Cancelled by the test")),
  };
}

/** All items of a stream. */
export function itemsOf<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  return Array.fromAsync(stream);
}
