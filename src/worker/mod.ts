/**
 * The library for workers: programs that compute jobs. It runs on Bun, Deno, Node 22 and later, and in browsers.
 *
 * @example
 * ```ts ignore
 * import { serveJobs } from "hearty/worker";
 *
 * const stop = new AbortController();
 * const worker = serveJobs({
 *   url: "http://localhost:8080",
 *   concurrency: 4,
 *   signal: stop.signal,
 *   kinds: {
 *     double: (input: number) => 2 * input,
 *     async *count(input: { to: number }, job) {
 *       for (let n = 0; n < input.to; n++) {
 *         job.progress(n / input.to);
 *         yield n;
 *       }
 *     },
 *   },
 * });
 * await worker.closed;
 * ```
 * @module
 */

export { type Connect, RefusedError } from "./connection.ts";
export { isolate } from "./isolate.ts";
export { type Handler, type Job, type Marks, RetryableError, type Typed, typed } from "./job.ts";
export { serveLocalJobs } from "./local.ts";
export {
  type EventJob,
  type KindDefinition,
  type Kinds,
  serveJobs,
  type ServeJobsOptions,
  type WorkerEvent,
  type WorkerHandle,
  type WorkerOptions,
} from "./serve-jobs.ts";
