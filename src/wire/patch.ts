// Bodies of PATCH requests: what each can set, and how its faults are told. Unknown members are refused.

import { z } from "zod";
import { isQueueName } from "../core/ids.ts";
import { type Refusal, refuse } from "../core/problem.ts";
import { type Priority, PRIORITY_NAMES } from "../core/terms.ts";
import { parseDuration } from "./duration.ts";
import { parsePriority } from "./job-options.ts";

/** A class by its number or name. */
export const prioritySchema: z.ZodType<Priority> = z.union([z.number(), z.string()])
  .transform((value, context) => {
    const priority = parsePriority(String(value));
    if (priority !== null) return priority;
    const names = Object.keys(PRIORITY_NAMES).join(", ");
    context.addIssue({ code: "custom", message: `Wanted is 0 to 9, or ${names}` });
    return z.NEVER;
  });

/** A duration as text, or a number of seconds; in ms. */
export const durationSchema: z.ZodType<number> = z.union([z.number(), z.string()])
  .transform((value, context) => {
    const ms = parseDuration(String(value));
    if (ms !== null) return ms;
    context.addIssue({ code: "custom", message: "Wanted is a duration such as 30s or PT5S" });
    return z.NEVER;
  });

/** The name of a queue. */
export const queueSchema: z.ZodType<string> = z.string().refine(isQueueName, {
  message: "Wanted are 1 to 128 of the characters A-Z a-z 0-9 . _ : @ | + - and spaces inside",
});

/** What an owner can set of its interest. */
export const interestPatchSchema = z.strictObject({
  priority: prioritySchema.optional(),
  queue: queueSchema.optional(),
  ttl: durationSchema.optional(),
});

/** What an owner sets of its interest. */
export interface InterestPatch {
  readonly priority?: Priority | undefined;
  readonly queue?: string | undefined;
  readonly ttl?: number | undefined;
}

/** Reads a body by its schema. Every fault is named. */
export function parseBody<T>(body: Uint8Array, schema: z.ZodType<T>): T | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    const errors = [{ path: [], message: "It is not JSON" }];
    return refuse("invalid-body", { detail: "Cannot read the body: it is not JSON", errors });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    path: path.map((step) => typeof step === "number" ? step : String(step)),
    message,
  }));
  const first = errors[0]!;
  const where = first.path.length > 0 ? `"${first.path.join(".")}": ` : "";
  return refuse("invalid-body", {
    detail: `Cannot take the body: ${where}${first.message}`,
    errors,
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
