// The worker's end of the socket: says hello, answers pings, notices silence, and comes back for ever.
//
// C1. At most one port is used at a time; whatever an older one still tells is not heard.
// C2. Only a registered connection (after `welcome`) carries anything but `hello`.
// C3. It ends in one of two ways: `end` was called, or the server refused it for good.

import type { Clock } from "../base/clock.ts";
import type { Frame, Port } from "../base/port.ts";
import type { Random } from "../base/random.ts";
import { decodeServerFrame, encodeWorkerMessage } from "../wire/worker-frame.ts";
import type {
  Protocol,
  ReceivedMessage,
  RefusedReason,
  SentHello,
  SentMessage,
  WelcomeMessage,
} from "../wire/messages.ts";

/** Opens a port to a server. It may take frames at once, and keeps them until it is open; it tells a failure by its close. */
export type Connect = (
  url: string,
  protocols: readonly Protocol[],
  token: string | undefined,
) => Port;

/** What a connection needs. */
export interface ConnectionOptions {
  /** Walked in turn, until one of them is the primary. */
  readonly urls: readonly string[];
  readonly token: string | undefined;
  readonly protocol: Protocol;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: Random;
}

/** Messages that are the worker's business; the others are answered here. */
export type JobMessage = Extract<
  ReceivedMessage,
  { type: "run" | "ack" | "cancel" | "lost" | "error" }
>;

/** What a connection tells its worker. */
export interface ConnectionEvents {
  /** The first message; `session` is what it was registered as before, if ever. */
  hello(session: string | null): SentHello;
  /** It is registered. */
  welcome(url: string, welcome: WelcomeMessage): void;
  message(message: JobMessage): void;
  /** There is room to send again. */
  room(): void;
  /** The connection broke, or could not be made; the next one is tried in `retryMs`. */
  broken(url: string, why: { code: number; reason: string; retryMs: number }): void;
  /** The server will not have this worker. */
  refused(error: RefusedError): void;
  warning(message: string): void;
}

/** The server will not have this worker: `unauthorised`, `protocol`, or `name-taken` for a minute. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly reason: RefusedReason;

  constructor(url: string, reason: RefusedReason, why: string) {
    super(
      `Cannot work for "${url}": the server refused with "${reason}": ${why || "it says no more"}`,
    );
    this.reason = reason;
  }
}

/** The first pause before another try, in ms; it doubles up to the cap, well within the server's grace. */
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 10_000;
/** How long a connection must have lasted for the pauses to begin anew, in ms. */
const STABLE_MS = 5_000;
/** How long opening and registering may take, in ms. */
const WELCOME_MS_MAX = 15_000;
/** How long a name may be taken, in ms: the worker's own broken connection keeps it for some heartbeats. */
const NAME_TAKEN_MS_MAX = 60_000;
/** Heartbeats of silence after which a connection is taken for broken. */
const SILENT_HEARTBEATS = 2.5;
/** Bytes on their way beyond which nothing more is sent: some runtimes drop what is too much. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

type State =
  | { readonly type: "idle" }
  | { readonly type: "waiting"; readonly cancel: () => void }
  | { readonly type: "opening"; readonly port: Port }
  | { readonly type: "live"; readonly port: Port; readonly since: number }
  | { readonly type: "ended" };

/** A worker's connection to the primary among its servers. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #state: State = { type: "idle" };
  #addressIndex = 0;
  #session: string | null = null;
  #epoch = 0;
  #failures = 0;
  #nameTakenSince: number | null = null;
  /** What `refused` said; null: nothing. */
  #refusal: RefusedReason | null = null;
  /** What `bye` asked for; null: nothing. */
  #comeBackMs: number | null = null;
  #heardAt = 0;
  #cancelWatch = (): void => {};

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Whether the worker is registered. */
  get isLive(): boolean {
    return this.#state.type === "live";
  }

  /** Whether a frame may be sent now. */
  get hasRoom(): boolean {
    return this.#state.type === "live" && this.#state.port.buffered < BUFFERED_BYTES_MAX;
  }

  /** Sends a frame, if registered. */
  send(frame: Frame): void {
    if (this.#state.type === "live") this.#state.port.send(frame); // C2
  }

  /** Sends a message, if registered. */
  say(message: SentMessage): void {
    this.send(encodeWorkerMessage(this.#options.protocol, message));
  }

  /** Connects now: for the first time, or anew in place of what there is. */
  connect(): void {
    if (this.#state.type === "ended") return;
    this.#leave(1001, "Connecting anew");
    this.#refusal = null;
    this.#comeBackMs = null;
    const { urls, connect, protocol, token } = this.#options;
    const url = urls[this.#addressIndex % urls.length]!;
    const port = connect(url, [protocol], token);
    this.#state = { type: "opening", port };
    const ifCurrent = (act: () => void) => {
      if ("port" in this.#state && this.#state.port === port) act(); // C1
    };
    port.events = {
      message: (frame) => ifCurrent(() => this.#hear(url, port, frame)),
      close: (code, reason) => ifCurrent(() => this.#break(url, code, reason)),
      drain: () => ifCurrent(() => this.#events.room()),
    };
    const hello = this.#events.hello(this.#session);
    port.send(
      encodeWorkerMessage(protocol, this.#epoch > 0 ? { ...hello, epoch: this.#epoch } : hello),
    );
    this.#watch(url, WELCOME_MS_MAX);
  }

  /** Ends it for good. */
  end(code: number, reason: string): void {
    this.#leave(code, reason);
    this.#state = { type: "ended" };
  }

  #leave(code: number, reason: string): void {
    this.#cancelWatch();
    const state = this.#state;
    this.#state = { type: "idle" };
    if (state.type === "waiting") state.cancel();
    if ("port" in state) state.port.close(code, reason);
  }

  /** Breaks the connection when nothing was heard for `silenceMs`. */
  #watch(url: string, silenceMs: number): void {
    const { clock } = this.#options;
    this.#cancelWatch();
    this.#heardAt = clock.now().mono;
    const look = () => {
      const dueAt = this.#heardAt + silenceMs;
      if (clock.now().mono < dueAt) this.#cancelWatch = clock.timer(dueAt, look);
      else this.#break(url, 1006, `Nothing was heard for ${Math.round(silenceMs)} ms`);
    };
    this.#cancelWatch = clock.timer(this.#heardAt + silenceMs, look);
  }

  #break(url: string, code: number, reason: string): void {
    const { clock, random, urls } = this.#options;
    const state = this.#state;
    const refusal = this.#refusal;
    this.#refusal = null;
    if (refusal !== null && this.#isForGood(refusal)) {
      this.end(1000, reason);
      return this.#events.refused(new RefusedError(url, refusal, reason));
    }
    this.#leave(1001, reason);
    const isStable = state.type === "live" && clock.now().mono - state.since >= STABLE_MS;
    this.#failures = isStable ? 1 : this.#failures + 1;
    // A server that says goodbye, or never let us in, may have a neighbour that is primary.
    if (state.type === "opening" || this.#comeBackMs !== null) this.#addressIndex++;
    if (this.#addressIndex >= urls.length) this.#addressIndex = 0;
    const cap = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** (this.#failures - 1));
    const retryMs = (this.#comeBackMs ?? 0) + random.unit() * cap;
    this.#comeBackMs = null;
    const cancel = clock.timer(clock.now().mono + retryMs, () => this.connect());
    this.#state = { type: "waiting", cancel };
    this.#events.broken(url, { code, reason, retryMs });
  }

  #hear(url: string, port: Port, frame: Frame): void {
    this.#heardAt = this.#options.clock.now().mono;
    const decoded = decodeServerFrame(this.#options.protocol, frame);
    if ("undecodable" in decoded) {
      port.close(1007, decoded.undecodable);
      return this.#break(url, 1007, decoded.undecodable);
    }
    if ("fault" in decoded) return this.#events.warning(decoded.fault);
    const { message } = decoded;
    switch (message.type) {
      case "welcome":
        return this.#welcome(url, port, message);
      case "refused":
        // The close that follows says why.
        this.#refusal = message.reason;
        return;
      case "ping":
        return this.say({ type: "pong", n: message.n });
      case "bye":
        this.#comeBackMs = message.retryMs;
        return;
      default:
        if (this.isLive) this.#events.message(message);
    }
  }

  #welcome(url: string, port: Port, message: WelcomeMessage): void {
    const silenceMs = SILENT_HEARTBEATS * message.heartbeatMs;
    this.#state = { type: "live", port, since: this.#options.clock.now().mono };
    this.#session = message.session;
    this.#epoch = Math.max(this.#epoch, message.epoch);
    this.#nameTakenSince = null;
    this.#watch(url, silenceMs);
    this.#events.welcome(url, message);
  }

  #isForGood(refusal: RefusedReason): boolean {
    if (refusal !== "name-taken") return refusal !== "late";
    const now = this.#options.clock.now().mono;
    this.#nameTakenSince ??= now;
    return now - this.#nameTakenSince >= NAME_TAKEN_MS_MAX;
  }
}
