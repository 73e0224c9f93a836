// One connection of a worker, from its `hello` to its close.
//
// C1. The first message is `hello`, within HELLO_MS_MAX; anything else is refused and closed with 1008.
// C2. A frame that cannot be decoded closes with 1007; a message that cannot be understood is answered with `error`
//     and changes nothing.
// C3. Two pings in a row without any sign of life: the connection is dropped as broken. One: it counts as silent,
//     and its name may be taken over.
// C4. Bytes of items that are not acknowledged are counted. Over the bound: stored, acknowledged and warned of;
//     over twice the bound: closed with 1008.

import { unreachable } from "../base/assert.ts";
import type { Mono } from "../base/clock.ts";
import type { Frame, Port } from "../base/port.ts";
import type { Command } from "../core/command.ts";
import type { LeaseId, SessionId } from "../core/ids.ts";
import { frameBytesMax, HELLO_MS_MAX } from "../core/limits.ts";
import { HeartyError } from "../core/problem.ts";
import { offerFault } from "../engine/output.ts";
import { decodeWorkerFrame } from "../wire/frame.ts";
import type { Content, Protocol, RefusedReason } from "../wire/messages.ts";
import type { HelloMessage, ServerMessage, WorkerMessage } from "../wire/messages.ts";
import type { Dispatch, Peer } from "./dispatch.ts";
import { sendMessage } from "./send.ts";

/** One connection of a worker. */
export class Conversation {
  readonly #dispatch: Dispatch;
  readonly #port: Port;
  readonly #peer: Peer;
  #session: SessionId | null = null;
  #isOver = false;
  #disarm: () => void;
  #pings = 0;
  /** Pings since the last sign of life. */
  #unanswered = 0;
  #heardAt: Mono;
  /** Bytes of items that are not acknowledged yet (C4). */
  #unacked = 0;

  constructor(dispatch: Dispatch, port: Port, peer: Peer) {
    this.#dispatch = dispatch;
    this.#port = port;
    this.#peer = peer;
    const { clock } = dispatch.options;
    this.#heardAt = clock.now().mono;
    this.#disarm = clock.timer(this.#heardAt + HELLO_MS_MAX, () => this.#refuse("late"));
    port.events = {
      message: (frame) => this.#onFrame(frame),
      close: () => this.#onClose(),
      drain() {},
    };
  }

  /** Whether a ping has gone unanswered for a whole heartbeat (C3). */
  get isSilent(): boolean {
    return this.#isOver || this.#unanswered >= 2;
  }

  /** How long ago the last sign of life came, in ms. */
  get silentMs(): number {
    return this.#dispatch.options.clock.now().mono - this.#heardAt;
  }

  /** Sends a message. */
  send(message: ServerMessage): void {
    if (!this.#isOver) sendMessage(this.#port, message);
  }

  /** Closes in an orderly way. */
  close(code: number, reason: string): void {
    this.#port.close(code, reason);
  }

  /** The server stops, or begins anew: come back and resume. */
  bye(reason: string, retryMs: number): void {
    this.send({ type: "bye", reason, retryMs });
    this.#port.close(1012, reason);
    this.#onClose();
  }

  /** Another connection speaks for the session now. */
  replaced(): void {
    this.#end();
    this.#dispatch.unbind(null, this);
    this.#port.close(1008, "another connection took this worker's name over");
  }

  #onFrame(frame: Frame): void {
    if (this.#isOver) return;
    this.#heardAt = this.#dispatch.options.clock.now().mono;
    this.#unanswered = 0;
    const decoded = decodeWorkerFrame(this.#port.protocol as Protocol, frame);
    if ("undecodable" in decoded) {
      this.#port.close(1007, decoded.undecodable);
      return;
    }
    if ("fault" in decoded) {
      if (this.#session === null) return this.#refuse("protocol", decoded.fault);
      return this.#error(decoded.about, decoded.fault, decoded.lease);
    }
    try {
      this.#onMessage(decoded.message, decoded.bytes);
    } catch (error) {
      // The store is away: nothing is acknowledged, so the worker keeps what it has and sends it again.
      if (!(error instanceof HeartyError)) throw error;
      this.bye(error.refusal.detail, error.refusal.retryMs ?? 0);
    }
  }

  #onMessage(message: WorkerMessage, bytes: number): void {
    if (this.#session === null) {
      return message.type === "hello" ? this.#onHello(message) : this.#refuse("protocol");
    }
    const session = this.#session;
    switch (message.type) {
      case "hello":
        return this.#error("hello", 'Cannot take "hello": it was said already');
      case "progress":
        return this.#onProgress(message);
      case "item":
        return this.#onBytes(bytes, { ...message, session, content: stored(message.content) });
      case "chunk":
        return this.#onBytes(bytes, { ...message, session });
      case "fulfill": {
        const content = message.content === null ? null : stored(message.content);
        return this.#dispatch.options.engine.fulfill({ ...message, session, content });
      }
      case "reject": {
        const error = { reason: "failed", ...message.error } as const;
        return this.#run({ type: "reject", session, lease: message.lease, error });
      }
      case "cancelled":
        return this.#run({ ...message, session });
      case "capacity":
      case "drain":
        return this.#run({ ...message, session });
      case "pong":
        return;
      default:
        unreachable(message);
    }
  }

  #onHello(hello: HelloMessage): void {
    const { engine } = this.#dispatch.options;
    for (const offer of hello.kinds) {
      const fault = offerFault(offer);
      if (fault !== null) return this.#refuse("protocol", fault);
    }
    const old = engine.state.sessionsByName.get(hello.name);
    engine.run({
      type: "connect",
      name: hello.name,
      ...this.#peer,
      concurrency: hello.concurrency,
      offers: hello.kinds,
      labels: hello.labels,
      resume: hello.resume,
      isOldSilent: old !== undefined && this.#dispatch.isSilent(old.id),
    }, (outcome) => {
      // Before any job is given out: `welcome` comes before the first `run`.
      if (outcome.type !== "connected") return this.#refuse("name-taken");
      if (old && old.id !== outcome.session) this.#dispatch.replace(old.id);
      this.#welcome(outcome.session, outcome.leases);
    });
  }

  #welcome(session: SessionId, leases: readonly LeaseId[]): void {
    const { clock, heartbeatMs, graceMs, limits } = this.#dispatch.options;
    this.#session = session;
    this.#dispatch.bind(session, this);
    this.#disarm();
    this.#disarm = clock.timer(clock.now().mono + heartbeatMs, () => this.#beat());
    this.send({
      type: "welcome",
      session,
      heartbeatMs,
      graceMs,
      maxFrame: frameBytesMax(limits),
      unacked: limits.unackedBytesMax,
      epoch: 0,
      leases,
    });
  }

  #onProgress({ lease, fraction, message }: Extract<WorkerMessage, { type: "progress" }>): void {
    const { engine, view } = this.#dispatch.options;
    const held = engine.state.leases.get(lease);
    if (!held || held.session.id !== this.#session) return this.send({ type: "lost", lease });
    if (held.state !== "held") return;
    if (view.report(held.promise, { fraction, message })) engine.wake.nudge(held.promise);
  }

  /** C4. */
  #onBytes(bytes: number, command: Extract<Command, { type: "item" | "chunk" }>): void {
    const { unackedBytesMax } = this.#dispatch.options.limits;
    const before = this.#unacked;
    this.#unacked += bytes;
    if (before > 0 && this.#unacked > 2 * unackedBytesMax) {
      return this.#port.close(1008, "more than twice the bound of unacknowledged bytes");
    }
    if (before > 0 && this.#unacked > unackedBytesMax) {
      this.#error(
        command.type,
        `More than ${unackedBytesMax} bytes are unacknowledged`,
        command.lease,
      );
    }
    const less = () => {
      this.#unacked -= bytes;
    };
    this.#dispatch.options.engine.run(command).durable.then(less, less);
  }

  #run(command: Command): void {
    this.#dispatch.options.engine.run(command);
  }

  #error(about: string, message: string, lease?: string): void {
    this.send({ type: "error", about, message, lease });
  }

  #refuse(reason: RefusedReason, why: string = reason): void {
    this.send({ type: "refused", reason });
    this.#port.close(1008, why.slice(0, 100));
    this.#end();
    this.#dispatch.unbind(null, this);
  }

  /** C3. */
  #beat(): void {
    if (this.#unanswered >= 2) {
      this.#port.close(1008, "two pings were not answered");
      return this.#onClose();
    }
    const { clock, heartbeatMs } = this.#dispatch.options;
    this.#unanswered++;
    this.send({ type: "ping", n: ++this.#pings });
    this.#disarm = clock.timer(clock.now().mono + heartbeatMs, () => this.#beat());
  }

  #onClose(): void {
    if (this.#isOver) return;
    this.#end();
    const session = this.#session;
    if (!this.#dispatch.unbind(session, this) || session === null) return;
    const { engine } = this.#dispatch.options;
    if (engine.isWritable) engine.run({ type: "break", session });
  }

  #end(): void {
    this.#isOver = true;
    this.#disarm();
  }
}

const utf8 = new TextEncoder();

/** A value as it is stored: JSON as bytes of its text. */
function stored(content: Content): { contentType: string; body: Uint8Array } {
  return "json" in content
    ? { contentType: content.contentType, body: utf8.encode(content.json) }
    : content;
}
