// A server as a process: store, application, listener and log. `serve` is nothing but this; `demo` puts workers and
// load beside it.

import manifest from "../../package.json" with { type: "json" };
import { sleep } from "../base/clock.ts";
import {
  createHearty,
  DEFAULT_LIMITS,
  earliestDeadline,
  fifo,
  frameBytesMax,
  type HeartyOptions,
  type Policy,
  strictPriority,
} from "../mod.ts";
import type { Listener } from "../runtime/runtime.ts";
import { openStore } from "../store/open.ts";
import { UsageError } from "./args.ts";
import { openAuth } from "./auth.ts";
import { CommandError, type Context } from "./command.ts";
import { logger } from "./log.ts";
import type { ServeOptions } from "./serve-options.ts";
import type { Running } from "./until-stopped.ts";

/** A server that listens. */
export interface RunningServer extends Running {
  /** Where it listens: `http://127.0.0.1:8080`, and its base path if it has one. */
  readonly url: string;
}

/** How long a stop may take at most. */
const STOP_MS_DEFAULT = 30_000;

/**
 * Starts a server; `application` is what the command line cannot say.
 * @throws {UsageError} for options that contradict each other or are not available.
 * @throws {CommandError} if the store cannot be opened, the tokens file not be read, or the address is taken.
 */
export async function startServer(
  context: Context,
  options: ServeOptions,
  application: Partial<HeartyOptions>,
): Promise<RunningServer> {
  checkServeOptions(options);
  const { runtime, clock, random } = context;
  const log = logger(context, options);
  const auth = await openAuth(runtime, options.auth, log);
  const store = await explained(
    openStore(options.store, { durability: options.durability, clock }),
  );
  const said = { ...application, ...settings(options, application), ...auth.options };
  const limits = { ...DEFAULT_LIMITS, ...said.limits };
  const onFault = (error: unknown) => log({ level: "error", message: "Fault", error });
  const hearty = createHearty({
    ...said,
    store,
    clock,
    random,
    sha256: runtime.sha256,
    version: manifest.version,
    onFault,
  });
  try {
    await hearty.start();
    const listener = await explained(runtime.listen({
      host: options.host,
      port: options.port,
      frameBytesMax: frameBytesMax(limits),
      bodyBytesMax: limits.inputBytesMax,
      onFault,
    }, (request, connection) => hearty.fetch(request, connection)));
    const url = urlOf(listener, said.basePath ?? "/");
    log({ level: "info", message: "Listening", url, store: nameOf(options.store) });
    return {
      url,
      ended: new Promise(() => {}),
      async stop() {
        log({ level: "info", message: "Stopping" });
        auth.stop();
        const graceMs = options["stop-grace"] ?? options.grace ?? STOP_MS_DEFAULT;
        const until = clock.now().mono + graceMs;
        // The listener stays until streams and posts have been told; a server that hangs is cut.
        await Promise.race([hearty.stop(), sleep(clock, graceMs)]);
        await listener.stop(Math.max(0, until - clock.now().mono));
      },
    };
  } catch (error) {
    auth.stop();
    await hearty.stop();
    throw error;
  }
}

/**
 * Refuses what contradicts itself, and what is not built yet: an option is never ignored.
 * @throws {UsageError}
 */
export function checkServeOptions(options: ServeOptions): void {
  const isOpen = options.auth === "none" && !isLoopback(options.host);
  if (isOpen && !options.insecure) {
    throw new UsageError(
      `Cannot listen on "${options.host}" without authentication: wanted --auth, a loopback address or --insecure`,
    );
  }
  const unavailable: readonly (keyof ServeOptions)[] = [
    "advertise-url",
    "follow",
    "follow-token",
    "replication-log",
    "promote-after",
    "max-store",
  ];
  for (const name of unavailable) {
    if (options[name] !== undefined) {
      throw new UsageError(`Cannot use --${name}: not available yet`);
    }
  }
  if (options["trust-proxy"]) throw new UsageError("Cannot use --trust-proxy: not available yet");
  if (options["replication-ack"] !== "none") {
    throw new UsageError("Cannot use --replication-ack: not available yet");
  }
  if (options.listener === "hardened") {
    throw new UsageError("Cannot use --listener hardened: not available yet");
  }
  if (options.policy !== undefined && POLICIES[options.policy] === null) {
    throw new UsageError(`Cannot use --policy ${options.policy}: not available yet`);
  }
}

const POLICIES: Readonly<Record<NonNullable<ServeOptions["policy"]>, (() => Policy) | null>> = {
  fair: null, // Not available yet.
  fifo,
  "strict-priority": strictPriority,
  "earliest-deadline": earliestDeadline,
};

/** What the command line says; what it leaves open is the application's, or createHearty's default. */
function settings(
  options: ServeOptions,
  { limits }: Partial<HeartyOptions>,
): Partial<HeartyOptions> {
  return given({
    limits: {
      ...limits,
      ...given({
        inputBytesMax: options["max-input"],
        itemBytesMax: options["max-item"],
        resultBytesMax: options["max-result"],
        itemsMax: options["max-items"],
        queuedMax: options["max-queued"],
        streamsMax: options["max-streams"],
        waitMsMax: options["max-wait"],
        headerBytesMax: options["max-header"],
        urlBytesMax: options["max-url"],
        unackedBytesMax: options.unacked,
      }),
    },
    graceMs: options.grace,
    heartbeatMs: options.heartbeat,
    cancelGraceMs: options["cancel-grace"],
    ttlMs: options.ttl,
    publicUrl: options["public-url"],
    basePath: options["base-path"],
    corsOrigins: options["cors-origin"],
    isInsecure: options.insecure || undefined,
    visibility: options.visibility,
    policy: options.policy && POLICIES[options.policy]?.(),
  });
}

/** The members that are there. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/i.test(host);
}

function urlOf({ host, port }: Listener, basePath: string): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return `http://${shown}:${port}${basePath.replace(/\/$/, "")}`;
}

/** The store as a log may show it: a database's address holds a password. */
function nameOf(store: string): string {
  return store.replace(/\/\/[^/@]*@/, "//");
}

/** What a store or an address refuses is no bug of ours: its message is enough. */
async function explained<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (cause) {
    throw new CommandError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
