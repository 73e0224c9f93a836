// The server's end of the worker protocol as a script: it records what comes and says what a test tells it to.

import { type Port, type PortEvents, portPair } from "../../src/base/port.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { LeaseId } from "../../src/core/ids.ts";
import { decodeWorkerFrame, encodeServerMessage } from "../../src/wire/frame.ts";
import type {
  Content,
  Protocol,
  RunMessage,
  ServerMessage,
  WelcomeMessage,
  WorkerMessage,
} from "../../src/wire/messages.ts";
import {
  type Job,
  serveJobs,
  type ServeJobsOptions,
  type WorkerEvent,
  type WorkerHandle,
} from "../../src/worker/mod.ts";
import { ManualClock, settled } from "../harness/manual-clock.ts";
import { assert } from "../harness/test.ts";

/** What a test of a worker works with. */
export interface Scene {
  readonly clock: ManualClock;
  readonly worker: WorkerHandle;
  /** What `onEvent` was told. */
  readonly events: WorkerEvent[];
  /** Every connection that the worker made, the oldest first. */
  readonly ends: ServerEnd[];
  /** The newest one. */
  readonly end: ServerEnd;
  /** How `closed` ended; null: not yet. */
  readonly outcome: { readonly error: Error | null } | null;
}

/** Starts a worker against a scripted server. */
export function stage(options: Partial<ServeJobsOptions> & Pick<ServeJobsOptions, "kinds">): Scene {
  const clock = new ManualClock();
  const events: WorkerEvent[] = [];
  const ends: ServerEnd[] = [];
  let outcome: Scene["outcome"] = null;
  const worker = serveJobs({
    url: "ws://a",
    name: "w1",
    clock,
    random: seededRandom(1),
    onEvent: (event) => events.push(event),
    connect(url, protocols) {
      const [mine, theirs] = portPair(protocols[0]!);
      const end = new ServerEnd(url, theirs);
      ends.push(end);
      return end.attach(mine);
    },
    ...options,
  });
  worker.closed.then(() => outcome = { error: null }, (error) => outcome = { error });
  return {
    clock,
    worker,
    events,
    ends,
    get end() {
      return ends.at(-1)!;
    },
    get outcome() {
      return outcome;
    },
  };
}

/** Starts a worker and lets it register. */
export async function welcomed(
  options: Partial<ServeJobsOptions> & Pick<ServeJobsOptions, "kinds">,
  welcome: Partial<WelcomeMessage> = {},
): Promise<Scene> {
  const scene = stage(options);
  await settled();
  await scene.end.welcome(welcome);
  return scene;
}

/** The server's end of one connection. */
export class ServerEnd {
  readonly url: string;
  readonly protocol: Protocol;
  /** What the worker said, oldest first; `take` removes. */
  readonly received: WorkerMessage[] = [];
  /** How the connection was closed; null: it is open. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  /** What the worker's port says of the bytes on their way. */
  buffered = 0;
  readonly #port: Port;
  #workerEvents: PortEvents | null = null;

  constructor(url: string, port: Port) {
    this.url = url;
    this.protocol = port.protocol as Protocol;
    this.#port = port;
    port.events = {
      message: (frame) => {
        const decoded = decodeWorkerFrame(this.protocol, frame);
        if (!("message" in decoded)) return assert.fail(JSON.stringify(decoded));
        this.received.push(decoded.message);
      },
      close: (code, reason) => this.closed = { code, reason },
      drain() {},
    };
  }

  /** The worker's port, whose `buffered` is this end's to say. */
  attach(mine: Port): Port {
    const buffered = () => this.buffered;
    const attach = (events: PortEvents) => this.#workerEvents = mine.events = events;
    return {
      protocol: mine.protocol,
      send: (frame) => mine.send(frame),
      close: (code, reason) => mine.close(code, reason),
      get buffered() {
        return buffered();
      },
      get events() {
        return mine.events;
      },
      set events(events) {
        attach(events);
      },
    };
  }

  /** Tells the worker that there is room again. */
  async drain(): Promise<void> {
    this.buffered = 0;
    this.#workerEvents!.drain();
    await settled();
  }

  async say(...messages: readonly ServerMessage[]): Promise<void> {
    for (const message of messages) this.#port.send(encodeServerMessage(this.protocol, message));
    await settled();
  }

  async sayFrame(frame: string | Uint8Array): Promise<void> {
    this.#port.send(frame);
    await settled();
  }

  async welcome(welcome: Partial<WelcomeMessage> = {}): Promise<void> {
    await this.say({
      type: "welcome",
      session: "s1",
      heartbeatMs: 10_000,
      graceMs: 30_000,
      maxFrame: 16 * 1024 * 1024,
      unacked: 1024 * 1024,
      epoch: 1,
      leases: [],
      ...welcome,
    });
  }

  async run(
    lease: string,
    kind: string,
    run: Partial<RunMessage> & { value?: unknown } = {},
  ): Promise<void> {
    const { value = null, ...rest } = run;
    await this.say({
      type: "run",
      lease,
      promise: `p-${lease}`,
      kind,
      attempt: 1,
      input: { contentType: "application/json", json: JSON.stringify(value) },
      storedItems: 0,
      ...rest,
    });
  }

  async ack(lease: string, seq?: number): Promise<void> {
    await this.say({ type: "ack", lease, ...(seq === undefined ? {} : { seq }) });
  }

  /** The connection is over for both ends. */
  async cut(code = 1006, reason = ""): Promise<void> {
    this.#port.close(code, reason);
    await settled();
  }

  /** The messages of one type so far, which are removed. */
  take<T extends WorkerMessage["type"]>(type: T): Extract<WorkerMessage, { type: T }>[] {
    const isTaken = (message: WorkerMessage): message is Extract<WorkerMessage, { type: T }> =>
      message.type === type;
    const taken = this.received.filter(isTaken);
    const rest = this.received.filter((message) => !isTaken(message));
    this.received.splice(0, Infinity, ...rest);
    return taken;
  }

  /** The only message so far but hello, progress and pong, which is removed. */
  only(): WorkerMessage {
    const all = this.received.filter((message) => !QUIET.has(message.type));
    this.received.length = 0;
    assert.equal(all.length, 1, `Wanted one message, got ${JSON.stringify(all)}`);
    return all[0]!;
  }
}

const QUIET: ReadonlySet<string> = new Set(["hello", "progress", "pong"]);

/** A lease's id in a test. */
export function lease(text: string): LeaseId {
  return text as LeaseId;
}

/** JSON content. */
export function json(value: unknown): Content {
  return { contentType: "application/json", json: JSON.stringify(value) };
}

/** The values of items, in the order in which they came. */
export function valuesOf(messages: readonly WorkerMessage[]): unknown[] {
  return messages.map((message) => {
    assert.ok(message.type === "item" && "json" in message.content);
    return JSON.parse(message.content.json);
  });
}

/** A handler that a test ends by hand. */
export function held(): {
  handler: (input: unknown, job: Job) => Promise<unknown>;
  jobs: Job[];
  end(value: unknown): void;
} {
  const jobs: Job[] = [];
  const ends: ((value: unknown) => void)[] = [];
  return {
    jobs,
    handler: (_input, job) => {
      jobs.push(job);
      return new Promise((resolve) => ends.push(resolve));
    },
    end: (value) => ends.shift()!(value),
  };
}

/** A `fulfill` with what is not said left out. */
export function fulfilled(
  id: string,
  rest: Partial<Extract<WorkerMessage, { type: "fulfill" }>>,
): WorkerMessage {
  return {
    type: "fulfill",
    lease: lease(id),
    content: null,
    contentType: null,
    tags: [],
    ttlMs: null,
    ...rest,
  };
}
