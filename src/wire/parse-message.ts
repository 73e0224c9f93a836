// From what a frame held, of which nothing is known yet, to a message: each field checked once, here.
//
// The frame has already turned `contentType` with `value` or `body` into one member `content` (frame.ts), so values
// are never walked. Members that are not in the protocol are ignored, so that newer workers can talk to older
// servers; null counts as left out where a field may be.

import { z } from "zod";
import { isName, type KindName, type LeaseId, parseKindName, type SessionId } from "../core/ids.ts";
import {
  ATTEMPTS_MAX,
  CONCURRENCY_MAX,
  CONTENT_TYPE_MAX,
  MESSAGE_MAX,
  TAGS_MAX,
  WORKER_KINDS_MAX,
} from "../core/limits.ts";
import type { KindOffer } from "../core/kind.ts";
import { parseDuration } from "./duration.ts";
import { sayInJson } from "./json-text.ts";
import { fieldFault, type MessageFault, messageFault } from "./message-fault.ts";
import type { Content, WorkerMessage } from "./messages.ts";

/** Reads a worker's message. */
export function parseWorkerMessage(value: unknown): { message: WorkerMessage } | MessageFault {
  const result = workerMessage.safeParse(value);
  if (result.success) return { message: result.data };
  const issue = result.error.issues[0]!;
  if (issue.code === "invalid_union" && issue.discriminator === "type") {
    return messageFault(value, 'Cannot read message: unknown "type"');
  }
  // `content` stands for members of the message itself.
  const [first, ...rest] = issue.path;
  const path = first !== "content" ? issue.path : rest.length > 0 ? rest : ["value"];
  return fieldFault(value, z.core.toDotPath(path), issue.message);
}

/** Longest lease, session, version or name of an error, in characters. */
const WORD_MAX = 128;
/** Most labels of a worker. */
const LABELS_MAX = 64;
/** Longest value of a label, in characters. */
const LABEL_MAX = 256;
/** Longest JSON Schema of a kind and longest detail of an error, as JSON text in characters. */
const JSON_MAX = 256 * 1024;

// What fields are made of.

const word = z.string().min(1).max(WORD_MAX);
const lease = word as unknown as z.ZodType<LeaseId>;
const count = z.int().min(0);
const bytes = z.instanceof(Uint8Array, { error: "wanted bytes" }) as z.ZodType<Uint8Array>;

/** Text for people: never too long, never with half a character. */
const prose = z.string().transform((text) => text.slice(0, MESSAGE_MAX).toWellFormed());

const contentType = z.string().min(1).max(CONTENT_TYPE_MAX).regex(/^\P{Cc}*$/u, {
  error: "wanted a media type without control characters",
});

const duration = z.union([z.string(), z.number()]).transform((spelled, context) => {
  const ms = parseDuration(String(spelled));
  if (ms !== null) return ms;
  context.addIssue({
    code: "custom",
    message: `wanted a duration, "30s", "PT5S" or seconds, not "${String(spelled).slice(0, 64)}"`,
  });
  return z.NEVER;
});

/** JSON text of a value that must be short. */
function jsonText<T>(schema: z.ZodType<T>): z.ZodType<string> {
  return schema.transform((value, context) => {
    const text = sayInJson(value);
    if (text !== null && text.length <= JSON_MAX) return text;
    context.addIssue({
      code: "custom",
      message: `wanted what at most ${JSON_MAX} characters of JSON can say`,
    });
    return z.NEVER;
  });
}

const jsonSchema = jsonText(
  z.union([z.boolean(), z.record(z.string(), z.unknown())], { error: "wanted a JSON Schema" }),
);

/** A field that may be left out or null, which becomes null. */
function optional<T>(schema: z.ZodType<T>): z.ZodType<T | null> {
  return schema.nullable().default(null);
}

// The worker's messages.

const name = z.string().refine(isName, { error: "wanted 1 … 128 of A-Z a-z 0-9 . _ : @ | + -" });
const concurrency = z.int().min(1).max(CONCURRENCY_MAX);

const kindName = z.string().refine((text) => parseKindName(text) !== null, {
  error: "wanted 1 … 128 of A-Z a-z 0-9 . _ -",
}) as unknown as z.ZodType<KindName>;

const kindOffer = z.object({
  kind: kindName,
  version: optional(word),
  description: optional(prose),
  input: optional(jsonSchema),
  output: optional(jsonSchema),
  ttl: optional(duration),
  failureTtl: optional(duration),
  timeout: optional(duration),
  attempts: optional(z.int().min(1).max(ATTEMPTS_MAX)),
  retryBase: optional(duration),
  retryCap: optional(duration),
}).transform((spelled): KindOffer => ({
  kind: spelled.kind,
  version: spelled.version ?? "",
  description: spelled.description,
  inputSchema: spelled.input,
  outputSchema: spelled.output,
  ttlMs: spelled.ttl,
  failureTtlMs: spelled.failureTtl,
  timeoutMs: spelled.timeout,
  attempts: spelled.attempts,
  retryBaseMs: spelled.retryBase,
  retryCapMs: spelled.retryCap,
}));

const labels = z.record(name, z.string().max(LABEL_MAX)).refine(
  (all) => Object.keys(all).length <= LABELS_MAX,
  { error: `wanted at most ${LABELS_MAX} labels` },
);

const resume = z.object({
  session: word as unknown as z.ZodType<SessionId>,
  leases: z.array(lease).max(CONCURRENCY_MAX),
});

const content = z.object(
  { contentType, json: z.string().optional(), body: bytes.optional() },
  { error: 'wanted "value" or "body"' },
) as unknown as z.ZodType<Content>;

const jobError = z.object({
  name: optional(prose).transform((text) => text?.slice(0, WORD_MAX).toWellFormed() || "Error"),
  message: prose,
  retryable: z.boolean(),
  detail: optional(jsonText(z.unknown())),
});

const workerMessage: z.ZodType<WorkerMessage> = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    name,
    concurrency,
    kinds: z.array(kindOffer).max(WORKER_KINDS_MAX),
    labels: optional(labels).transform((all) => all ?? {}),
    resume: optional(resume),
    epoch: optional(count),
  }),
  z.object({
    type: z.literal("progress"),
    lease,
    fraction: optional(z.number().min(0).max(1)),
    message: optional(prose),
  }),
  z.object({ type: z.literal("item"), lease, seq: count, content }),
  z.object({ type: z.literal("chunk"), lease, seq: count, body: bytes }),
  z.object({
    type: z.literal("fulfill"),
    lease,
    content: optional(content),
    contentType: optional(contentType),
    tags: optional(z.array(name).max(TAGS_MAX)),
    ttl: optional(duration),
  }).transform(({ type, lease, content, contentType, tags, ttl }) => (
    { type, lease, content, contentType, tags: tags ?? [], ttlMs: ttl }
  )),
  z.object({ type: z.literal("reject"), lease, error: jobError }),
  z.object({ type: z.literal("cancelled"), lease }),
  z.object({ type: z.literal("capacity"), concurrency }),
  z.object({ type: z.literal("drain") }),
  z.object({ type: z.literal("pong"), n: count }),
]);
