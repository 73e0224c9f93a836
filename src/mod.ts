/**
 * Hearty as a library: a server for remote promises, to be customised by the program that embeds it.
 *
 * @example
 * ```ts no-run
 * import { createHearty, defineJob } from "hearty";
 * import { runtime } from "hearty/runtime";
 * import { z } from "zod";
 *
 * const double = defineJob({
 *   kind: "double",
 *   input: z.object({ n: z.number() }),
 *   run: ({ n }) => 2 * n,
 * });
 * const hearty = createHearty({ sha256: runtime.sha256, jobs: [double] });
 * await hearty.start();
 * const response = await hearty.fetch(
 *   new Request("http://localhost/jobs/double", {
 *     method: "POST",
 *     headers: { "Content-Type": "application/json", "Prefer": "wait=5" },
 *     body: `{ "n": 21 }`,
 *   }),
 * );
 * console.log(await response.json()); // 42
 * await hearty.stop();
 * ```
 * @module
 */

export {
  type Authenticator,
  createHearty,
  type Hearty,
  type HeartyOptions,
  type Principal,
  type Role,
  type TokenDoor,
  tokenDoor,
  type Visibility,
} from "./hearty.ts";
export { DEFAULT_LIMITS, frameBytesMax, type Limits } from "./core/limits.ts";
export { HeartyError, type ProblemCode, type Refusal } from "./core/problem.ts";
export {
  defineJob,
  type JobContext,
  type JobDefinition,
  type JobOptions,
} from "./intake/define-job.ts";
export { earliestDeadline } from "./schedule/earliest-deadline.ts";
export { fifo } from "./schedule/fifo.ts";
export type { Claim, Group, Policy, ReadyJob, Slot } from "./schedule/policy.ts";
export { strictPriority } from "./schedule/strict-priority.ts";
export type { KV } from "./store/kv.ts";
export { memoryStore } from "./store/memory.ts";
export { openStore } from "./store/open.ts";
