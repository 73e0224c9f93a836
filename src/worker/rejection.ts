// What a handler threw, as the message that rejects its job.

import type { Frame } from "../base/port.ts";
import { encodeWorkerMessage } from "../wire/worker-frame.ts";
import type { Protocol } from "../wire/messages.ts";

/** The `reject` of what a handler threw: anything, though mostly errors. */
export function rejectionOf(
  thrown: unknown,
  { lease, protocol }: { readonly lease: string; readonly protocol: Protocol },
): Frame {
  const known = typeof thrown === "object" && thrown !== null ? thrown : {};
  const error = {
    name: "name" in known && typeof known.name === "string" ? known.name : "Error",
    message: textOf(thrown).slice(0, MESSAGE_MAX),
    retryable: "retryable" in known && known.retryable === true,
  };
  const detail = "detail" in known ? known.detail : undefined;
  if (detail === undefined) return encodeWorkerMessage(protocol, { type: "reject", lease, error });
  try {
    return encodeWorkerMessage(protocol, { type: "reject", lease, error: { ...error, detail } });
  } catch (unsayable) {
    const message = `${error.message} (its detail cannot be sent: ${textOf(unsayable)})`;
    return encodeWorkerMessage(protocol, { type: "reject", lease, error: { ...error, message } });
  }
}

/** Longest message, in characters: the server keeps no more. */
const MESSAGE_MAX = 8_192;

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
