// The server's half of the worker protocol: which connection speaks for which session, and the engine's messages on
// their way to it. One connection as a state machine is in conversation.ts.
//
// D1. A session has at most one connection. When another takes it over, the old one is closed and says nothing more.

import type { Clock } from "../base/clock.ts";
import type { Port } from "../base/port.ts";
import type { LeaseId, SessionId } from "../core/ids.ts";
import type { Limits } from "../core/limits.ts";
import type { Engine } from "../engine/engine.ts";
import type { View } from "../engine/view.ts";
import type { Fault, RunOrder, Workers } from "../engine/workers.ts";
import type { Content, ServerMessage } from "../wire/messages.ts";
import { Conversation } from "./conversation.ts";

/** What the dispatcher is made of. */
export interface DispatchOptions {
  readonly engine: Engine;
  readonly view: View;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly heartbeatMs: number;
  readonly graceMs: number;
  /** How long a worker is asked to stay away when the server stops, in ms. */
  readonly byeRetryMs: number;
  readonly onFault: (error: unknown) => void;
}

/** Who a connection is. */
export interface Peer {
  /** The authenticated principal; only the same one gets a worker's name and leases back. */
  readonly principal: string;
  readonly address: string;
}

/** All connections of workers. */
export class Dispatch implements Workers {
  readonly options: DispatchOptions;
  readonly #conversations: Set<Conversation> = new Set();
  readonly #bySession: Map<SessionId, Conversation> = new Map();
  #isStopped = false;

  constructor(options: DispatchOptions) {
    this.options = options;
  }

  /** A worker has connected. Its first message must be `hello`. */
  accept(port: Port, peer: Peer): void {
    const conversation = new Conversation(this, port, peer);
    this.#conversations.add(conversation);
    if (this.#isStopped) conversation.bye("the server stops", this.options.byeRetryMs);
  }

  /** Every worker is told to come back later, and the connections close. */
  stop(reason: string): void {
    this.#isStopped = true;
    for (const conversation of this.#conversations) {
      conversation.bye(reason, this.options.byeRetryMs);
    }
  }

  /** How many connections there are. */
  get size(): number {
    return this.#conversations.size;
  }

  /** Whether the session's connection no longer answers pings. */
  isSilent(session: SessionId): boolean {
    return this.#bySession.get(session)?.isSilent ?? true;
  }

  /** How long ago a session's connection gave its last sign of life, in ms; null: it has none. */
  silentMs(session: SessionId): number | null {
    return this.#bySession.get(session)?.silentMs ?? null;
  }

  /** A conversation speaks for a session from now on (D1). */
  bind(session: SessionId, conversation: Conversation): void {
    this.#bySession.get(session)?.replaced();
    this.#bySession.set(session, conversation);
  }

  /** A session is over because another took its name: its connection, if it has one, says nothing more (D1). */
  replace(session: SessionId): void {
    this.#bySession.get(session)?.replaced();
    this.#bySession.delete(session);
  }

  /** A connection is over; true if it spoke for the session until now. */
  unbind(session: SessionId | null, conversation: Conversation): boolean {
    this.#conversations.delete(conversation);
    if (session === null || this.#bySession.get(session) !== conversation) return false;
    this.#bySession.delete(session);
    return true;
  }

  /** Closes a session's connection: an operator disconnects the worker. */
  disconnect(session: SessionId): void {
    this.#bySession.get(session)?.close(1008, "disconnected by an operator");
  }

  run(session: SessionId, { lease, promise, record, input }: RunOrder): void {
    const content: Content = input.isValue
      ? { contentType: input.contentType, json: utf8.decode(input.body) }
      : { contentType: input.contentType, body: input.body };
    this.#send(session, {
      type: "run",
      lease,
      promise,
      kind: record.kind,
      attempt: record.attempt,
      input: content,
      storedItems: record.items,
      timeoutMs: record.wishes.timeoutMs ?? undefined,
      traceparent: record.traceparent ?? undefined,
    });
  }

  cancel(session: SessionId, lease: LeaseId, reason: string): void {
    this.#send(session, { type: "cancel", lease, reason });
  }

  ack(session: SessionId, lease: LeaseId, seq: number | null): void {
    this.#send(session, seq === null ? { type: "ack", lease } : { type: "ack", lease, seq });
  }

  lost(session: SessionId, lease: LeaseId): void {
    this.#send(session, { type: "lost", lease });
  }

  fault(session: SessionId, { about, lease, message, expected }: Fault): void {
    this.#send(session, { type: "error", about, lease, message, expected: expected ?? undefined });
  }

  drained(session: SessionId): void {
    this.#bySession.get(session)?.close(1000, "drained");
  }

  reset(): void {
    for (const conversation of this.#conversations) {
      conversation.bye("the server has read its store anew", 0);
    }
  }

  #send(session: SessionId, message: ServerMessage): void {
    this.#bySession.get(session)?.send(message);
  }
}

const utf8 = new TextDecoder();
