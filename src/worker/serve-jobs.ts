// A worker: offers kinds to a server, computes the jobs that it is given, and keeps what is not acknowledged.
//
// The connection (connection.ts) comes and goes; the attempts (attempt.ts) and their messages (outbox.ts) outlive it.
// Here they meet: what the server says of a lease goes to its attempt, and a reconnect names the leases still held.

import { assert, unreachable } from "../base/assert.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { type Random, systemRandom } from "../base/random.ts";
import type {
  ErrorMessage,
  KindSpelling,
  LiveContent,
  Protocol,
  RunMessage,
  SentHello,
  SentMessage,
  WelcomeMessage,
} from "../wire/messages.ts";
import { Attempt, type Bench } from "./attempt.ts";
import { type Connect, Connection, type JobMessage, type RefusedError } from "./connection.ts";
import { type Handler, type Job, RetryableError } from "./job.ts";
import { Outbox } from "./outbox.ts";
import { openSocket, socketUrl } from "./socket.ts";

/** A kind with what the server is to know of it. Durations are texts (`30s`, `PT5S`) or numbers of seconds. */
export interface KindDefinition extends KindSpelling {
  readonly run: Handler;
}

/** The kinds that a worker offers, by name. */
export type Kinds = Readonly<Record<string, Handler | KindDefinition>>;

/** What a worker is, wherever its server is. */
export interface WorkerOptions {
  readonly kinds: Kinds;
  /** Unique among the workers of a server. Default: `worker-` and six random characters. */
  readonly name?: string;
  /** How many jobs run at a time. Default 1. */
  readonly concurrency?: number;
  /** Shown to operators, and to the server's `place` hook. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How messages are spelled. MessagePack carries bytes, and values that JSON cannot say. Default `json`. */
  readonly protocol?: "json" | "msgpack";
  /** Drains the worker when it aborts. */
  readonly signal?: AbortSignal;
  /** How long jobs may go on after `drain`, in ms; then they are aborted and given back to the server. Default: as long as they take. */
  readonly drainMs?: number;
  /** Told what happens. */
  readonly onEvent?: (event: WorkerEvent) => void;
  /** For tests. Default: the machine's. */
  readonly clock?: Clock;
  /** For tests. Default: the machine's. */
  readonly random?: Random;
}

/** How to reach the server. */
export interface ServeJobsOptions extends WorkerOptions {
  /** Address of the server (`https://jobs.example`), or of each of several, one of which is primary. */
  readonly url: string | readonly string[];
  /** Bearer token with the role `worker`. */
  readonly token?: string;
  /** Opens a connection. Default: a WebSocket. */
  readonly connect?: Connect;
}

/** What happens to a worker, for logs. */
export type WorkerEvent =
  /** It is registered; `resumed` leases go on where they were. */
  | { readonly type: "connected"; readonly url: string; readonly resumed: number }
  /** It has no connection, and tries again in `retryMs`. */
  | {
    readonly type: "disconnected";
    readonly url: string;
    readonly code: number;
    readonly reason: string;
    readonly retryMs: number;
  }
  | { readonly type: "started"; readonly job: EventJob }
  /** The handler has ended. */
  | {
    readonly type: "ended";
    readonly job: EventJob;
    readonly outcome: "fulfilled" | "rejected" | "cancelled" | "lost";
    readonly runMs: number;
  }
  /** Something is not as it should be, and work goes on. */
  | { readonly type: "warning"; readonly message: string };

/** Which job an event tells of. */
export interface EventJob {
  readonly promise: string;
  readonly kind: string;
  readonly attempt: number;
}

/** A running worker. */
export interface WorkerHandle {
  /** What the server knows it as. */
  readonly name: string;
  /** Resolves when it is registered for the first time. */
  readonly ready: Promise<void>;
  /**
   * Resolves when it has drained.
   * @throws {RefusedError} if the server will not have it.
   */
  readonly closed: Promise<void>;
  /** How many handlers are running. */
  readonly running: number;
  /** Takes no new jobs, finishes those that run, then goes. May be called twice. */
  drain(): void;
  /** Changes how many jobs run at a time. */
  resize(concurrency: number): void;
}

/**
 * Offers kinds to a server and computes its jobs, until it is drained. It reconnects for ever.
 *
 * @throws {TypeError} if a url is none.
 * @example
 * ```ts ignore
 * import { serveJobs } from "hearty/worker";
 *
 * const worker = serveJobs({
 *   url: "http://localhost:8080",
 *   kinds: { double: (input: number) => 2 * input },
 * });
 * await worker.closed;
 * ```
 */
export function serveJobs(options: ServeJobsOptions): WorkerHandle {
  return new Serving(options);
}

class Serving implements WorkerHandle, Bench {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly protocol: Protocol;
  readonly clock: Clock;
  readonly outbox: Outbox;
  frameBytesMax = 0;
  readonly #options: ServeJobsOptions;
  readonly #connection: Connection;
  readonly #attempts = new Map<string, Attempt>();
  readonly #onAbort = (): void => this.drain();
  #concurrency: number;
  #running = 0;
  /** Whether it takes jobs, finishes what it has, or gives that back. */
  #duty: "serving" | "draining" | "handing-back" = "serving";
  #cancelDrainTimer = (): void => {};
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();

  constructor(options: ServeJobsOptions) {
    this.#options = options;
    const { url, token, signal, random = systemRandom() } = options;
    this.name = options.name ?? `worker-${nameTail(random)}`;
    this.protocol = `hearty.v1.${options.protocol ?? "json"}`;
    this.clock = options.clock ?? systemClock();
    this.#concurrency = options.concurrency ?? 1;
    this.ready = this.#ready.promise;
    this.closed = this.#closed.promise;
    this.ready.catch(() => {
      // Whoever only waits for `closed` is told there.
    });
    const urls = (typeof url === "string" ? [url] : url).map(socketUrl);
    const { protocol, clock } = this;
    const connect = options.connect ?? openSocket;
    this.#connection = new Connection({ urls, token, protocol, connect, clock, random }, {
      hello: (session) => this.#hello(session),
      welcome: (at, welcome) => this.#welcome(at, welcome),
      message: (message) => this.#hear(message),
      room: () => this.outbox.flush(),
      broken: (at, why) => this.#broken(at, why),
      refused: (error) => this.#end(error),
      warning: (message) => this.#tell({ type: "warning", message }),
    });
    this.outbox = new Outbox(this.#connection);
    signal?.addEventListener("abort", this.#onAbort);
    this.#connection.connect();
    if (signal?.aborted) this.drain();
  }

  get running(): number {
    return this.#running;
  }

  drain(): void {
    if (this.#duty !== "serving") return;
    this.#duty = "draining";
    const { drainMs } = this.#options;
    if (drainMs !== undefined) {
      const at = this.clock.now().mono + drainMs;
      this.#cancelDrainTimer = this.clock.timer(at, () => this.#handBack());
    }
    this.#connection.say({ type: "drain" });
    this.#endIfDrained();
  }

  resize(concurrency: number): void {
    this.#concurrency = concurrency;
    this.#connection.say({ type: "capacity", concurrency });
  }

  offer(message: SentMessage): void {
    if (this.#connection.hasRoom) this.#connection.say(message);
  }

  ended(attempt: Attempt): void {
    const { lease, state, run, startedAt } = attempt;
    assert(state !== "running", "A handler that has ended left an outcome");
    this.#running--;
    if (state === "cancelled") this.#answerCancelled(lease);
    const runMs = this.clock.now().mono - startedAt;
    this.#tell({ type: "ended", job: eventJob(run), outcome: state, runMs });
  }

  #hello(session: string | null): SentHello {
    const { labels, kinds } = this.#options;
    const held = [...this.#attempts.values()].filter((attempt) => attempt.state !== "cancelled");
    const leases = held.map((attempt) => attempt.lease);
    return {
      type: "hello",
      name: this.name,
      concurrency: this.#concurrency,
      kinds: Object.entries(kinds).map(([kind, definition]) => ({
        ...spellingOf(definition),
        kind,
      })),
      ...(labels === undefined ? {} : { labels }),
      ...(session === null ? {} : { resume: { session, leases } }),
    };
  }

  #welcome(url: string, welcome: WelcomeMessage): void {
    const kept = new Set(welcome.leases);
    for (const attempt of [...this.#attempts.values()]) {
      // A cancelled lease was not named: its slot is free by now, and nobody waits for an answer.
      if (!kept.has(attempt.lease) || attempt.state === "cancelled") this.#lose(attempt);
    }
    this.frameBytesMax = welcome.maxFrame;
    this.outbox.restart(welcome.unacked);
    if (this.#duty !== "serving") this.#connection.say({ type: "drain" });
    this.#ready.resolve();
    this.#tell({ type: "connected", url, resumed: this.#attempts.size });
  }

  #hear(message: JobMessage): void {
    if (message.type === "run") return this.#start(message);
    if (message.type === "error") return this.#hearError(message);
    const { lease } = message;
    const attempt = this.#attempts.get(lease);
    switch (message.type) {
      case "ack":
        this.outbox.ack(lease, message.seq);
        if (message.seq === undefined) this.#attempts.delete(lease);
        return;
      case "lost":
        this.outbox.drop(lease);
        if (attempt) this.#lose(attempt);
        return;
      case "cancel":
        attempt?.cancel(message.reason);
        if (!attempt?.isWorking) this.#answerCancelled(lease);
        return;
      default:
        unreachable(message);
    }
  }

  #start(run: RunMessage<LiveContent>): void {
    const definition = Object.hasOwn(this.#options.kinds, run.kind)
      ? this.#options.kinds[run.kind]
      : undefined;
    const handler = typeof definition === "function" ? definition : definition?.run ?? noHandler;
    const attempt = new Attempt(run, this);
    this.#attempts.set(run.lease, attempt);
    this.#running++;
    this.#tell({ type: "started", job: eventJob(run) });
    void attempt.work(handler);
  }

  #hearError({ about, lease, message }: ErrorMessage): void {
    this.#tell({ type: "warning", message: `The server did not accept "${about}": ${message}` });
    const attempt = this.#attempts.get(lease ?? "");
    if (!attempt || !SETTLING.has(about)) return;
    if (attempt.isGivenUp) this.#lose(attempt);
    else attempt.giveUp(message);
  }

  #answerCancelled(lease: string): void {
    this.#attempts.delete(lease);
    this.#connection.say({ type: "cancelled", lease });
  }

  #lose(attempt: Attempt): void {
    this.#attempts.delete(attempt.lease);
    attempt.lose();
  }

  #broken(url: string, why: { code: number; reason: string; retryMs: number }): void {
    if (this.#duty === "handing-back") return this.#end(null);
    if (!this.#endIfDrained()) this.#tell({ type: "disconnected", url, ...why });
  }

  /** Without a connection nobody is left to say goodbye to; with one, the server closes it after the last lease. */
  #endIfDrained(): boolean {
    const isOver = this.#duty !== "serving" && this.#attempts.size === 0;
    if (isOver && !this.#connection.isLive) this.#end(null);
    return isOver;
  }

  /** The time to drain is over: a hello that names no lease gives all of them back, without blame and at once. */
  #handBack(): void {
    this.#duty = "handing-back";
    const count = this.#attempts.size;
    for (const attempt of [...this.#attempts.values()]) this.#lose(attempt);
    this.#tell({ type: "warning", message: `Time to drain is over: ${count} jobs are given back` });
    this.#connection.connect();
  }

  #end(error: RefusedError | null): void {
    this.#connection.end(1000, "");
    this.#cancelDrainTimer();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    for (const attempt of [...this.#attempts.values()]) this.#lose(attempt);
    this.#ready.reject(error ?? new Error("The worker was drained before it was registered"));
    if (error === null) this.#closed.resolve();
    else this.#closed.reject(error);
  }

  /** A listener that throws must not take the worker with it, but is not to go unseen either. */
  #tell(event: WorkerEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Messages without which a lease cannot go on: if one is not accepted, its job is rejected. */
const SETTLING: ReadonlySet<string> = new Set(["item", "chunk", "fulfill", "reject"]);

function noHandler(_input: unknown, job: Job): never {
  throw new RetryableError(`This worker offers no kind "${job.kind}"`);
}

function spellingOf(definition: Handler | KindDefinition): KindSpelling {
  if (typeof definition === "function") return {};
  const { run: _, ...spelling } = definition;
  return spelling;
}

function eventJob({ promise, kind, attempt }: RunMessage<LiveContent>): EventJob {
  return { promise, kind, attempt };
}

function nameTail(random: Random): string {
  return Math.floor(random.unit() * 36 ** 6).toString(36).padStart(6, "0");
}
