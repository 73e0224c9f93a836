// Frames ↔ messages at the server's end. The worker's end is worker-frame.ts.
//
// F1. A value goes through the server as text: it is spliced into a JSON frame and sliced out of one, never parsed and
//     written again, so that every number stays as it was spelled.
// F2. What JSON cannot say (bytes, NaN, integers beyond a double in MessagePack) travels as a body of the type
//     application/vnd.msgpack.
// F3. Nothing that a frame holds is trusted: it is a message, a fault to answer with `error`, or undecodable.

import { decodeUtf8 } from "../base/bytes.ts";
import { encode } from "../base/msgpack.ts";
import { NESTING_MAX } from "../core/limits.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { documentText, type JsonText, memberText, sayInJson } from "./json-text.ts";
import { isJson, MEDIA, mediaEssence } from "./media.ts";
import { fieldFault, type MessageFault } from "./message-fault.ts";
import type { Content, LiveContent, Protocol, ServerMessage, WorkerMessage } from "./messages.ts";
import { memberBytes } from "./msgpack-member.ts";
import { type Decoded, type Members, type Opened, openFrame } from "./open-frame.ts";
import { parseWorkerMessage } from "./parse-message.ts";

/** The server's message as a frame. */
export function encodeServerMessage(
  protocol: Protocol,
  message: ServerMessage,
): string | Uint8Array {
  if (message.type !== "run") {
    return protocol === "hearty.v1.json" ? JSON.stringify(message) : encode(message);
  }
  const { input, ...rest } = message;
  if (protocol === "hearty.v1.msgpack") return encode({ ...rest, input: liveInput(input) });
  const contentType = JSON.stringify(input.contentType);
  const value = "json" in input ? `"value":${input.json}` : `"body":"${toBase64(input.body)}"`;
  return `${JSON.stringify(rest).slice(0, -1)},"input":{"contentType":${contentType},${value}}}`; // F1
}

/** What a worker sent. */
export function decodeWorkerFrame(
  protocol: Protocol,
  frame: string | Uint8Array,
): Decoded<WorkerMessage> {
  const opened = openFrame(protocol, frame);
  if (!("members" in opened)) return opened;
  const { members } = opened;
  const fault = liftContent(opened);
  if (fault !== null) return fault;
  const parsed = parseWorkerMessage(members);
  if (!("message" in parsed)) return parsed;
  return { message: parsed.message, bytes: Math.min(countedBytes(parsed.message), frame.length) };
}

/** Makes one member `content` of `contentType` with `value` or `body`; the answer is what is wrong with them. */
function liftContent(opened: Opened): MessageFault | null {
  const { members } = opened;
  const { type } = members;
  if (type !== "item" && type !== "fulfill" && type !== "chunk") return null;
  if (typeof members.body === "string" && "text" in opened) {
    members.body = fromBase64(members.body);
    if (members.body === null) return fieldFault(members, "body", "wanted base64 with padding");
  }
  if (type === "chunk") return null;
  const { value, body } = members;
  members.content = null;
  if (body !== undefined && body !== null) {
    if (value !== undefined && value !== null) {
      return fieldFault(members, "body", 'wanted "value" or "body", not both');
    }
    return liftBody(members, body);
  }
  return value === undefined ? null : liftValue(opened);
}

/** F1, F2: the value as the text or the bytes that it came in. */
function liftValue(opened: Opened): MessageFault | null {
  const { members } = opened;
  const contentType = takeType(members, MEDIA.json);
  if (typeof contentType === "string" && !isJsonFamily(contentType)) {
    return fieldFault(members, "contentType", "wanted a JSON type beside a value, else a body");
  }
  if ("text" in opened) {
    return liftJson(members, contentType, memberText(opened.text, "value")!);
  }
  const json = sayInJson(members.value);
  members.content = json !== null
    ? { contentType, json }
    : { contentType: MEDIA.msgpack, body: memberBytes(opened.packed, "value") };
  return null;
}

/** A body as it is; but what claims to be JSON is proven here, since it will stand inside other JSON. */
function liftBody(members: Members, body: unknown): MessageFault | null {
  const contentType = takeType(members, MEDIA.bytes);
  if (typeof contentType !== "string" || !isJson(contentType) || !(body instanceof Uint8Array)) {
    members.content = { contentType, body };
    return null;
  }
  const text = decodeUtf8(body);
  if (text === null || !isJsonText(text)) {
    return fieldFault(members, "body", "wanted JSON text, as its content type says");
  }
  return liftJson(members, contentType, documentText(text));
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Where it is broken, its sender will find out.
    return false;
  }
}

function liftJson(members: Members, contentType: unknown, json: JsonText): MessageFault | null {
  if (json.depth > NESTING_MAX) {
    return fieldFault(members, "value", `wanted at most ${NESTING_MAX} levels of nesting`);
  }
  members.content = { contentType, json: json.text };
  return null;
}

/** The content type, which moves from the message to its content; JSON's parameters mean nothing and go. */
function takeType(members: Members, fallback: string): unknown {
  const named = members.contentType ?? fallback;
  members.contentType = null;
  const isPlainJson = typeof named === "string" && isJson(mediaEssence(named).toLowerCase());
  return isPlainJson ? MEDIA.json : named;
}

function isJsonFamily(contentType: string): boolean {
  return isJson(contentType) || mediaEssence(contentType).toLowerCase().endsWith("+json");
}

/** How much a message takes of the bound of unacknowledged bytes. */
function countedBytes(message: WorkerMessage): number {
  if (message.type === "chunk") return message.body.length;
  if (message.type !== "item") return 0;
  const { content } = message;
  return "json" in content ? content.json.length : content.body.length;
}

function liveInput(input: Content): LiveContent {
  return "json" in input
    ? { contentType: input.contentType, value: JSON.parse(input.json) as unknown }
    : input;
}
