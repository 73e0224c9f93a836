// What the routes ask of the connection that a request came on. The runtime's adapter gives it.

import type { Port } from "../base/port.ts";

/** The connection of a request. */
export interface Connection {
  /** The peer's address, without port. */
  readonly address: string;
  /** Whether a `Content-Length` that is set for a streamed body goes out; else the body goes out in chunks. */
  readonly keepsLength: boolean;
  /** The request or its answer may be silent for long: no idle timer may cut it. */
  keepOpen(): void;
  /** Turns the request into a WebSocket; the answer must be returned as it is. @throws {TypeError} if it is no valid upgrade. */
  upgrade(protocol: string, open: (port: Port) => void): Response;
}
