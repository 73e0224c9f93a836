// What both ends do first with a frame: take it for an object of the protocol's form, or not.

import { decode } from "../base/msgpack.ts";
import { type MessageFault, messageFault } from "./message-fault.ts";
import type { Protocol } from "./messages.ts";

/** What came in a frame. */
export type Decoded<M> =
  | {
    readonly message: M;
    /** What it takes of the bound of unacknowledged bytes: the length of its value, and never more than its frame's. */
    readonly bytes: number;
  }
  /** Understood so far that an `error` can be answered. */
  | MessageFault
  | Undecodable;

/** No frame of this protocol at all: the connection is to be closed with 1007. */
export interface Undecodable {
  readonly undecodable: string;
}

/** A frame that held an object: its members, and the frame itself, for slicing a value out of it. */
export type Opened =
  | { readonly members: Members; readonly text: string }
  | { readonly members: Members; readonly packed: Uint8Array };

/** An object of which nothing is known yet. */
export type Members = Record<string, unknown>;

/** Opens a frame. */
export function openFrame(
  protocol: Protocol,
  frame: string | Uint8Array,
): Opened | MessageFault | Undecodable {
  const isText = typeof frame === "string";
  if (isText !== (protocol === "hearty.v1.json")) {
    return { undecodable: `A ${isText ? "text" : "binary"} frame on ${protocol}` };
  }
  let value: unknown;
  try {
    value = isText ? JSON.parse(frame) : decode(frame);
  } catch {
    // What exactly is malformed helps nobody: the connection is over.
    return { undecodable: `Not ${isText ? "JSON" : "MessagePack"}` };
  }
  if (!isObject(value)) return messageFault(value, "Cannot read message: it is no object");
  return isText ? { members: value, text: frame } : { members: value, packed: frame };
}

/** Whether a value is an object with members: no list, no bytes. */
export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Uint8Array);
}
