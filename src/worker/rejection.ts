// What a handler threw, as the message that rejects its job.

import type { Frame } from "../base/port.ts";
import { encodeWorkerMessage } from "../wire/worker-frame.ts";
import type { Protocol, SentError } from "../wire/messages.ts";

/** The `reject` of what a handler threw: anything, though mostly errors. */
export function rejectionOf(
  thrown: unknown,
  { lease, protocol }: { readonly lease: string; readonly protocol: Protocol },
): Frame {
  const error = errorFields(thrown);
  try {
    return encodeWorkerMessage(protocol, { type: "reject", lease, error });
  } catch (unsayable) {
    const plain = withoutDetail(error, unsayable);
    return encodeWorkerMessage(protocol, { type: "reject", lease, error: plain });
  }
}

/** What is told of something thrown. */
export function errorFields(thrown: unknown): SentError {
  const known = typeof thrown === "object" && thrown !== null ? thrown : {};
  const detail = "detail" in known ? known.detail : undefined;
  return {
    name: "name" in known && typeof known.name === "string" ? known.name : "Error",
    message: textOf(thrown).slice(0, MESSAGE_MAX),
    retryable: "retryable" in known && known.retryable === true,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The same error where its detail cannot be sent. */
export function withoutDetail(error: SentError, unsayable: unknown): SentError {
  const { detail: _, ...plain } = error;
  const message = `${error.message} (its detail cannot be sent: ${textOf(unsayable)})`;
  return { ...plain, message };
}

/** Longest message, in characters: the server keeps no more. */
const MESSAGE_MAX = 8_192;

function textOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  const isTold = "message" in thrown && typeof thrown.message === "string";
  return isTold ? thrown.message as string : "Something was thrown that is no error";
}
