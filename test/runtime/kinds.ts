// Kinds for the tests of the command line: what `hearty work` runs.

import type { Job } from "../../src/worker/mod.ts";

export default {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  async *count({ to }: { to: number }, job: Job) {
    for (let n = 0; n < to; n++) {
      job.progress(n / to, `${n} of ${to}`);
      yield await Promise.resolve(n);
    }
  },
  fail: () => {
    throw new TypeError("No such curve");
  },
  async *stall(_input: unknown, job: Job) {
    yield 0;
    await new Promise((_, reject) => {
      job.signal.addEventListener("abort", () => reject(job.signal.reason));
    });
  },
  hang: (_input: unknown, job: Job) =>
    new Promise((_, reject) => {
      job.signal.addEventListener("abort", () => reject(job.signal.reason));
    }),
};
