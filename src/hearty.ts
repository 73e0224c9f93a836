// The one composition root: makes every part and hands each what it needs of the others. No rule of the domain.

import { type Clock, sleep, systemClock } from "./base/clock.ts";
import { turns } from "./base/steps.ts";
import { type Random, systemRandom } from "./base/random.ts";
import type { KindName } from "./core/ids.ts";
import { DEFAULT_KIND } from "./core/kind.ts";
import { DEFAULT_LIMITS, type Limits } from "./core/limits.ts";
import { ANONYMOUS } from "./core/terms.ts";
import { Dispatch } from "./dispatch/dispatch.ts";
import { Engine } from "./engine/engine.ts";
import { sweep } from "./engine/sweep.ts";
import { View } from "./engine/view.ts";
import { createApp } from "./http/app.ts";
import { Logins, withLogins } from "./http/auth/login.ts";
import { type Authenticator, openDoor } from "./http/auth/principal.ts";
import { Readers, type Visibility } from "./http/auth/visibility.ts";
import type { Connection } from "./http/connection.ts";
import type { Services } from "./http/services.ts";
import { Streams } from "./http/streams.ts";
import type { JobDefinition } from "./intake/define-job.ts";
import { identify, identifyLarge, INPUT_AT_ONCE_BYTES } from "./intake/key.ts";
import { fifo } from "./schedule/fifo.ts";
import type { Policy } from "./schedule/policy.ts";
import { RecordCache } from "./store/cache.ts";
import type { KV } from "./store/kv.ts";
import { memoryStore } from "./store/memory.ts";
import type { Source } from "./stream/source.ts";
import { serveLocalJobs } from "./worker/local.ts";
import type { Handler, Kinds, WorkerHandle } from "./worker/mod.ts";

export type { Authenticator, Principal, Role } from "./http/auth/principal.ts";
export { type TokenDoor, tokenDoor } from "./http/auth/tokens.ts";
export type { Visibility } from "./http/auth/visibility.ts";

/** What a server is made of. Everything but `sha256` has a default. */
export interface HeartyOptions {
  /** SHA-256 of bytes or text in lower-case hexadecimal, synchronous; `runtime.sha256` of `hearty/runtime`. */
  readonly sha256: (data: Uint8Array | string) => string;
  /** Kinds that the server itself defines. Those with `run` are computed inside the server, too. */
  readonly jobs?: readonly JobDefinition[] | undefined;
  /** How many jobs run inside the server at once. Default 4; it matters only if a definition has `run`. */
  readonly localConcurrency?: number | undefined;
  /** Where everything is kept. Default: in memory. */
  readonly store?: KV | undefined;
  /** Who is next. Default: first come, first served. */
  readonly policy?: Policy | undefined;
  /** Bounds; those that are not given have their defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** How long a settled promise is kept, in ms. Default 1 h. */
  readonly ttlMs?: number | undefined;
  /** How long the leases of a broken connection stay open, in ms. Default 30,000. */
  readonly graceMs?: number | undefined;
  /** How often workers are pinged, in ms. Default 10,000. */
  readonly heartbeatMs?: number | undefined;
  /** How long a cancelled attempt may keep its slot, in ms. Default 10,000. */
  readonly cancelGraceMs?: number | undefined;
  /** Below which path the server is. Default `/`. */
  readonly basePath?: string | undefined;
  /** The URL that browsers use, where a proxy stands in front. */
  readonly publicUrl?: string | undefined;
  /** Origins of pages elsewhere that may use it. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Serves requests for any host without authentication. Default: loopback only. */
  readonly isInsecure?: boolean | undefined;
  /** Who calls. Default: everybody may do everything. */
  readonly authenticator?: Authenticator | undefined;
  /** Who may read a promise: whoever has its id (`organization`, the default), or only owners with an interest in it, viewers and administrators. */
  readonly visibility?: Visibility | undefined;
  /** Hears of faults that no caller can be told of. Default: nobody does. */
  readonly onFault?: ((error: unknown) => void) | undefined;
  /** The program's version, as `/healthz` tells it. */
  readonly version?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** A server without a listener: give it requests. */
export interface Hearty extends AsyncDisposable {
  /** Reads the store; then requests may come. */
  start(): Promise<void>;
  /** Answers a request. `connection` is the runtime's; without one, workers cannot connect. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /** Takes no more posts, says goodbye to workers, ends streams, finishes what is written, closes the store. May be called twice. */
  stop(): Promise<void>;
  /** The parts, for tests and for programs that embed the server. */
  readonly engine: Engine;
  readonly dispatch: Dispatch;
  readonly source: Source;
}

const BYE_RETRY_MS = 1_000;
/** How long a stop waits for readers to take what their streams end with, in ms. */
const STREAMS_MS_MAX = 2_000;
/** How long it waits for the jobs that run inside the server to notice, in ms. */
const LOCAL_MS_MAX = 1_000;

/** Makes a server. */
export function createHearty(options: HeartyOptions): Hearty {
  const made = makeEngine(options);
  const { clock, random, onFault } = made;
  const stopping = new AbortController();
  const streams = new Streams();
  const unguessable = () => random.bytes(16).toHex();
  const fetch = createApp({
    ...made,
    settings: {
      basePath: basePathOf(options.basePath ?? "/"),
      publicUrl: options.publicUrl?.replace(/\/+$/, "") ?? null,
      corsOrigins: options.corsOrigins ?? [],
      isInsecure: options.isInsecure ?? false,
    },
    ...callers(options, clock, unguessable),
    sha256: options.sha256,
    identify: identifier(options.sha256, clock, onFault),
    unguessable,
    stopping: stopping.signal,
    isDraining: () => stopping.signal.aborted,
    streams,
    version: options.version ?? "",
  });
  return new Server({ ...made, options, stopping, streams, fetch });
}

/** The write side, the half that talks to workers, and what the read side reads from. */
function makeEngine(options: HeartyOptions) {
  const clock = options.clock ?? systemClock();
  const random = options.random ?? systemRandom();
  const store = options.store ?? memoryStore();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const graceMs = options.graceMs ?? 30_000;
  const onFault = options.onFault ?? (() => undefined);
  const jobs = options.jobs ?? [];
  const records = new RecordCache(store);
  const engine = new Engine({
    store,
    records,
    clock,
    random,
    policy: options.policy ?? fifo(),
    settings: {
      limits,
      graceMs,
      cancelGraceMs: options.cancelGraceMs ?? 10_000,
      defaults: { ...DEFAULT_KIND, ttlMs: options.ttlMs ?? DEFAULT_KIND.ttlMs },
    },
    definitions: new Map(jobs.map((job): [KindName, JobDefinition] => [job.offer.kind, job])),
    onFault,
  });
  const view = new View(engine);
  const heartbeatMs = options.heartbeatMs ?? 10_000;
  const shared = { engine, view, clock, limits, onFault };
  const dispatch = new Dispatch({ ...shared, heartbeatMs, graceMs, byeRetryMs: BYE_RETRY_MS });
  const source: Source = { store, records, clock, wake: engine.wake, live: view };
  return { ...shared, store, random, jobs, dispatch, source };
}

/** What tells who calls, and what they may see. */
function callers(
  { authenticator, visibility }: HeartyOptions,
  clock: Clock,
  unguessable: () => string,
): Pick<Services, "authenticator" | "logins" | "readers"> {
  const logins = new Logins(clock, unguessable);
  return {
    authenticator: withLogins(authenticator ?? openDoor(), logins),
    logins,
    readers: new Readers(visibility ?? "organization"),
  };
}

interface Parts {
  readonly engine: Engine;
  readonly dispatch: Dispatch;
  readonly source: Source;
  readonly store: KV;
  readonly jobs: readonly JobDefinition[];
  readonly stopping: AbortController;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly fetch: (request: Request, connection: Connection | null) => Promise<Response>;
  readonly options: HeartyOptions;
  readonly onFault: (error: unknown) => void;
}

class Server implements Hearty {
  readonly engine: Engine;
  readonly dispatch: Dispatch;
  readonly source: Source;
  readonly #parts: Parts;
  #local: WorkerHandle | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.engine = parts.engine;
    this.dispatch = parts.dispatch;
    this.source = parts.source;
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { engine, dispatch, jobs, stopping, options, onFault } = this.#parts;
    await engine.start(dispatch);
    for (const { offer } of jobs) await engine.done({ type: "define", offer });
    this.#sweeping = sweep(engine, stopping.signal, onFault);
    const runnable = jobs.filter(({ functions }) => functions.run !== undefined);
    if (runnable.length === 0) return;
    this.#local = serveLocalJobs((port) => {
      dispatch.accept(port, { principal: ANONYMOUS, address: "local" });
    }, {
      name: "local",
      kinds: localKinds(runnable),
      concurrency: options.localConcurrency ?? 4,
      signal: stopping.signal,
      drainMs: 0,
      ...(options.clock && { clock: options.clock }),
      ...(options.random && { random: options.random }),
    });
  }

  fetch(request: Request, connection: Connection | null = null): Promise<Response> {
    return this.#parts.fetch(request, connection);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    const { engine, dispatch, store, streams, stopping, clock } = this.#parts;
    stopping.abort();
    // The local worker gives its jobs back while there is somebody to give them to.
    if (this.#local) await Promise.race([this.#local.closed, sleep(clock, LOCAL_MS_MAX)]);
    dispatch.stop("the server stops");
    // Streams end after a whole record, unless nobody takes it.
    await Promise.race([streams.idle(), sleep(clock, STREAMS_MS_MAX)]);
    await this.#sweeping;
    await engine.stop();
    await store.close();
  }
}

function basePathOf(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `/${trimmed}`;
}

/** Small inputs are identified at once, large ones in turns with everything else. */
function identifier(
  sha256: HeartyOptions["sha256"],
  clock: Clock,
  onFault: (error: unknown) => void,
): Services["identify"] {
  const tools = {
    sha256,
    onFault,
    digest: async (data: Uint8Array) => {
      const digest = await crypto.subtle.digest("SHA-256", data.slice());
      return new Uint8Array(digest).toHex();
    },
    pause: turns(clock),
  };
  return (posting, kind) =>
    posting.body.length <= INPUT_AT_ONCE_BYTES
      ? identify(posting, kind, tools)
      : identifyLarge(posting, kind, tools);
}

/** The definitions that run inside the server, as a worker offers them; the server knows the rest already. */
function localKinds(jobs: readonly JobDefinition[]): Kinds {
  return Object.fromEntries(jobs.map(({ offer, functions }) => {
    const handler: Handler = (input, job) => functions.run!(input, job);
    return [offer.kind, { run: handler, ...(offer.version !== "" && { version: offer.version }) }];
  }));
}
