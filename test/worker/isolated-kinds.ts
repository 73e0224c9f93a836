// The kinds that isolate.test.ts runs in threads.

import { type Job, type Kinds, RetryableError, typed } from "../../src/worker/mod.ts";

const kinds: Kinds = {
  double: (n: number) => 2 * n,
  described: { description: "Has a description", run: (_input, job) => job.kind },
  async *count(to: number, job: Job) {
    for (let n = job.continueItems(); n < to; n++) {
      job.progress(n / to, `item ${n}`);
      yield await Promise.resolve(n);
    }
    job.mark({ tags: ["counted"] });
  },
  *endless() {
    for (let n = 0;; n++) yield typed(`${n}`, { type: "text/plain" });
  },
  image: () => new Blob([new Uint8Array(600_000).fill(5)], { type: "image/png" }),
  busy: () => {
    while (true);
  },
  fails: () => {
    throw new RetryableError("Not now", { detail: { in: "a thread" } });
  },
  unsayable: () => {
    throw new RetryableError("Not now", { detail: () => 1 });
  },
  uncopied: () => ({ inner: () => 1 }),
  crashes: () =>
    new Promise(() =>
      queueMicrotask(() => {
        throw new Error("never awaited");
      })
    ),
};

export default kinds;
