// The server's messages on their way out.

import type { Port } from "../base/port.ts";
import { encodeServerMessage } from "../wire/frame.ts";
import type { Protocol, ServerMessage } from "../wire/messages.ts";

/** Frames that may wait for a worker that does not read, in bytes; beyond it the connection is closed. */
const PARKED_BYTES_MAX = 32 * 1024 * 1024;

/** Sends a message over a port, or closes the connection of a worker that does not read. */
export function sendMessage(port: Port, message: ServerMessage): void {
  if (port.buffered > PARKED_BYTES_MAX) return port.close(1013, "the worker does not read");
  port.send(encodeServerMessage(port.protocol as Protocol, message));
}
