// What listening has in common on both runtimes: how a handler is called, what an upgrade must look like,
// how a server stops.

import { sleep, systemClock } from "../base/clock.ts";
import type { Connection, Handler, Listener, ListenOptions } from "./runtime.ts";
import type { SocketPort } from "./socket-port.ts";

/** Seconds without a byte after which a runtime pings a WebSocket's peer or drops it: only a backstop, the worker protocol's own heartbeat is shorter. */
export const SOCKET_IDLE_S = 120;

/** Bytes that may wait in a socket, beside its largest frame, before it counts as broken. A session parks frames long before. */
export const SOCKET_BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

/** Calls the handler; what it throws is a fault of ours, answered with 500 and no word of the cause. */
export async function answer(
  handler: Handler,
  call: { request: Request; connection: Connection },
  onFault: (error: unknown) => void,
): Promise<Response> {
  try {
    return await handler(call.request, call.connection);
  } catch (error) {
    onFault(error);
    return problem(500, "Internal Server Error");
  }
}

/** A problem document (RFC 9457) for what the application does not see. The connection ends with it. */
export function problem(status: number, title: string): Response {
  return Response.json({ type: "about:blank", title, status }, {
    status,
    headers: { "Content-Type": "application/problem+json", "Connection": "close" },
  });
}

const UPGRADE = /(^|,)\s*websocket\s*(,|$)/i;
const SOCKET_KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Throws unless the request is an opening handshake (RFC 6455 section 4.2.1) that offers `protocol`: each runtime checks a part of that only. */
export function checkUpgrade({ method, headers }: Request, protocol: string): void {
  const offered = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((p) => p.trim());
  const isValid = method === "GET" &&
    UPGRADE.test(headers.get("Upgrade") ?? "") &&
    SOCKET_KEY.test(headers.get("Sec-WebSocket-Key") ?? "") &&
    headers.get("Sec-WebSocket-Version") === "13" &&
    offered.includes(protocol);
  if (!isValid) {
    throw new TypeError(`Cannot upgrade: the request is no WebSocket handshake for "${protocol}"`);
  }
}

/** An address as people write it: IPv4 on a socket for both families comes as `::ffff:127.0.0.1`. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
}

/** Listens by `start`; a failure rejects in words for people. */
export function listening(options: ListenOptions, start: () => Listener): Promise<Listener> {
  return Promise.try(start).catch((error) => {
    throw listenError(options, error);
  });
}

/** All but the two common causes are told in the runtime's own words. */
function listenError({ host, port }: ListenOptions, error: unknown): Error {
  const code = (error as { code?: unknown } | null)?.code;
  const cause = code === "EADDRINUSE"
    ? "the port is in use"
    : code === "EACCES"
    ? "the port needs more rights"
    : error instanceof Error
    ? error.message
    : String(error);
  const shown = host.includes(":") ? `[${host}]` : host;
  return new Error(`Cannot listen on ${shown}:${port}: ${cause}`, { cause: error });
}

/** A runtime's server, as far as stopping needs it. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly sockets: Iterable<SocketPort>;
  /** Refuses connections and resolves when the last answer is out. */
  finish(): Promise<void>;
  /** Drops all that is left; called after `finish`, if that takes too long. */
  cut(): Promise<void>;
}

/** The listener over a server. */
export function listener(server: Server): Listener {
  let finished: Promise<void> | null = null;
  return {
    host: server.host,
    port: server.port,
    async stop(graceMs) {
      for (const socket of server.sockets) socket.close(1001, "The server stops");
      finished ??= server.finish();
      const over = new AbortController();
      const grace = sleep(systemClock(), graceMs, over.signal).then(() => "late" as const);
      const end = await Promise.race([finished, grace]);
      over.abort();
      if (end === "late") await server.cut();
    },
  };
}
