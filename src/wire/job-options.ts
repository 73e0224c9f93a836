// The query of a posted job or batch: what each option is, how it is spelled, and the options as
// values.

import type { Time } from "../base/clock.ts";
import { ATTEMPTS_MAX, EXPLICIT_KEY_BYTES_MAX, TAGS_MAX } from "../core/limits.ts";
import { isRefusal, type Refusal } from "../core/problem.ts";
import { type Priority, PRIORITY_NAMES } from "../core/terms.ts";
import {
  anyText,
  count,
  deadline,
  duration,
  flag,
  many,
  name,
  type Parameter,
  type Query,
  queueName,
  readQuery,
  word,
} from "./query.ts";

/** What a post asks for; null: not said. */
export interface JobOptions {
  readonly priority: Priority | null;
  readonly queue: string | null;
  readonly ttlMs: number | null;
  readonly timeoutMs: number | null;
  readonly attempts: number | null;
  readonly delayMs: number | null;
  readonly deadline: Time | null;
  /** Oldest stored result that will do, in ms since it settled; 0: none. */
  readonly maxAgeMs: number | null;
  /** Nothing is to be run. */
  readonly onlyStored: boolean | null;
  readonly tags: readonly string[];
  /** An explicit key in place of the input's hash. */
  readonly key: string | null;
  readonly onDisconnect: "keep" | "cancel" | null;
  readonly owner: string | null;
}

/** What the post of a batch asks for: the defaults of its children, and its own options. */
export interface BatchOptions extends JobOptions {
  readonly onlyStored: null;
  /** The batch is rejected as soon as one child is. */
  readonly failFast: boolean | null;
}

/** A priority class by its number or name. */
export function parsePriority(text: string): Priority | null {
  if (/^\d$/.test(text)) return Number(text) as Priority;
  return Object.hasOwn(PRIORITY_NAMES, text) ? PRIORITY_NAMES[text]! : null;
}

const PRIORITY: Parameter<Priority> = {
  description: "Its class: 9 is the most urgent. Default 5.",
  wanted: `0 to 9, ${Object.keys(PRIORITY_NAMES).join(" or ")}`,
  schema: {
    oneOf: [{ type: "integer", minimum: 0, maximum: 9 }, { enum: Object.keys(PRIORITY_NAMES) }],
  },
  read: parsePriority,
};

const SHARED_PARAMETERS = {
  priority: PRIORITY,
  queue: queueName(
    "The owner's own sub-queue: a sheet, a notebook, a nightly run. Default `default`.",
  ),
  ttl: duration(
    "How long the settled promise is kept after it settles. Default: the kind's, else 1 h.",
  ),
  timeout: duration("Longest run of one attempt. Default: the kind's, else none."),
  attempts: count("Most attempts, counting the first. Default: the kind's, else 3.", {
    min: 1,
    max: ATTEMPTS_MAX,
  }),
  delay: duration("Not to be started before this much time has passed. Default 0."),
  deadline: deadline("When it should be ready. It orders; nothing is cancelled by it."),
  maxAge: duration(
    "A stored result is reused only if it settled at most this long ago; 0: compute again.",
  ),
  tag: many(name("A label of the data that the result depends on, for invalidation."), TAGS_MAX),
  key: anyText(
    "An explicit key in place of the input's hash: equal keys of one owner and kind are one job.",
    EXPLICIT_KEY_BYTES_MAX,
  ),
  onDisconnect: word(
    "Whether the interest stays when the connection of a waiting request drops. Default `keep`.",
    ["keep", "cancel"],
  ),
  owner: name(
    "Run for somebody else: administrators, or all if authentication is off. Default: the caller.",
  ),
};

/** The query of `POST /jobs/{kind}`. */
export const JOB_PARAMETERS = {
  ...SHARED_PARAMETERS,
  onlyStored: flag("Run nothing: 404 `not-stored` if no promise has this key. Default false."),
};

/** The query of `POST /batches`. */
export const BATCH_PARAMETERS = {
  ...SHARED_PARAMETERS,
  failFast: flag("Reject the batch as soon as one child is rejected. Default false."),
};

/** The options of a posted job. */
export function parseJobOptions(params: URLSearchParams, now: Time): JobOptions | Refusal {
  if (params.size === 0) return NO_OPTIONS;
  const query = readQuery(params, JOB_PARAMETERS, now);
  if (isRefusal(query)) return query;
  return { ...sharedOptions(query), onlyStored: query.onlyStored };
}

/** The options of a posted batch. */
export function parseBatchOptions(params: URLSearchParams, now: Time): BatchOptions | Refusal {
  const query = readQuery(params, BATCH_PARAMETERS, now);
  if (isRefusal(query)) return query;
  return { ...sharedOptions(query), onlyStored: null, failFast: query.failFast };
}

function sharedOptions(query: Query<typeof SHARED_PARAMETERS>): Omit<JobOptions, "onlyStored"> {
  return {
    priority: query.priority,
    queue: query.queue,
    ttlMs: query.ttl,
    timeoutMs: query.timeout,
    attempts: query.attempts,
    delayMs: query.delay,
    deadline: query.deadline,
    maxAgeMs: query.maxAge,
    tags: query.tag,
    key: query.key,
    onDisconnect: query.onDisconnect,
    owner: query.owner,
  };
}

/** Most posts have no query: they share one object. */
const NO_OPTIONS: JobOptions = Object.freeze({
  priority: null,
  queue: null,
  ttlMs: null,
  timeoutMs: null,
  attempts: null,
  delayMs: null,
  deadline: null,
  maxAgeMs: null,
  onlyStored: null,
  tags: Object.freeze([]),
  key: null,
  onDisconnect: null,
  owner: null,
});
