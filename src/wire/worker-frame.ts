// Frames ↔ messages at the worker's end, which holds live values. The server's end is frame.ts. Here the library for
// workers must stay small, so messages are checked by hand and not by zod.

import { encode } from "../base/msgpack.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { fieldFault, type MessageFault, messageFault } from "./message-fault.ts";
import type { Protocol, ReceivedMessage, SentMessage } from "./messages.ts";
import { type Decoded, isObject, type Members, openFrame } from "./open-frame.ts";

/** The worker's message as a frame. */
export function encodeWorkerMessage(protocol: Protocol, message: SentMessage): string | Uint8Array {
  if (protocol === "hearty.v1.msgpack") return encode(message);
  if (!("body" in message)) return JSON.stringify(message);
  return JSON.stringify({ ...message, body: toBase64(message.body) });
}

/** What the server sent. */
export function decodeServerFrame(
  protocol: Protocol,
  frame: string | Uint8Array,
): Decoded<ReceivedMessage> {
  const opened = openFrame(protocol, frame);
  if (!("members" in opened)) return opened;
  const { members } = opened;
  const input = members.input;
  if (members.type === "run" && isObject(input) && typeof input.body === "string") {
    members.input = { ...input, body: fromBase64(input.body) };
  }
  const fault = faultOf(members);
  return fault ?? { message: members as ReceivedMessage, bytes: frame.length };
}

/** What a field must be, in words and as a test. */
interface Check {
  readonly wanted: string;
  readonly isMet: (value: unknown) => boolean;
}

const text: Check = { wanted: "a text", isMet: (value) => typeof value === "string" };
const texts: Check = {
  wanted: "a list of texts",
  isMet: (value) => Array.isArray(value) && value.every(text.isMet),
};
const count: Check = {
  wanted: "a whole number, 0 or more",
  isMet: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
const positive: Check = {
  wanted: "a number above 0",
  isMet: (value) => typeof value === "number" && value > 0,
};
const input: Check = {
  wanted: '"contentType" with "value" or "body"',
  isMet: (value) =>
    isObject(value) && text.isMet(value.contentType) &&
    (value.body instanceof Uint8Array || (value.body === undefined && value.value !== undefined)),
};

function optional(check: Check): Check {
  return { ...check, isMet: (value) => value === undefined || check.isMet(value) };
}

const FIELDS: Readonly<Record<ReceivedMessage["type"], Readonly<Record<string, Check>>>> = {
  welcome: {
    session: text,
    heartbeatMs: positive,
    graceMs: count,
    maxFrame: positive,
    unacked: positive,
    epoch: count,
    leases: texts,
  },
  refused: { reason: text },
  run: {
    lease: text,
    promise: text,
    kind: text,
    attempt: count,
    input,
    storedItems: count,
    timeoutMs: optional(positive),
    traceparent: optional(text),
  },
  ack: { lease: text, seq: optional(count) },
  cancel: { lease: text, reason: text },
  lost: { lease: text },
  ping: { n: count },
  bye: { reason: text, retryMs: { ...positive, isMet: (ms) => ms === 0 || positive.isMet(ms) } },
  error: { about: text, message: text, lease: optional(text), expected: optional(count) },
};

function faultOf(members: Members): MessageFault | null {
  const { type } = members;
  if (typeof type !== "string" || !Object.hasOwn(FIELDS, type)) {
    return messageFault(members, 'Cannot read message: unknown "type"');
  }
  for (const [field, check] of Object.entries(FIELDS[type as ReceivedMessage["type"]])) {
    if (!check.isMet(members[field])) return fieldFault(members, field, `wanted ${check.wanted}`);
  }
  return null;
}
