// The store's side of one SQLite thread: calls wait here in a line, and one group of them at a time is under way.
// What a call means is the business of sqlite.ts, what it does that of sqlite-thread.ts.
//
// A1. Whatever arrives while a group is under way goes into the next one, in the order of the calls.
// A2. Every call settles: when the thread fails, or is silent for too long, all that wait fail with `unavailable`,
//     and the next call starts a new thread. Whether a commit that failed so has been done is unknown.
// A3. In the writer's lane a call that fails takes every call behind it along (K3).

import type { Clock } from "../base/clock.ts";
import { StoreError } from "./kv.ts";
import {
  type FileSettings,
  type FromThread,
  Packer,
  type Role,
  type ToThread,
  Unpacker,
} from "./sqlite-message.ts";

/** A call on its way to a thread. */
export interface Call {
  /** About how many bytes `pack` will add. */
  readonly bytes: number;
  pack(to: Packer): void;
  /** Takes the answer out of what the thread has packed. */
  resolve(from: Unpacker): void;
  reject(error: StoreError): void;
}

/** What a lane needs. */
export interface LaneOptions {
  readonly role: Role;
  readonly settings: FileSettings;
  readonly clock: Clock;
  /** Starts a thread that runs sqlite-thread.ts. */
  readonly spawn: () => Worker;
}

/** How long a thread may take for one message, in ms; then it counts as lost. A disk's worst fsync is far below. */
export const ANSWER_MS_MAX = 30_000;

/** Most calls of one group. */
const GROUP_CALLS_MAX = 1_024;
/** Bytes of calls after which a group takes no more: one transaction must not hold up the rest for long. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of unsettled calls beyond which more are refused with `unavailable`. */
const UNSETTLED_BYTES_MAX = 256 * 1024 * 1024;

/** One thread, and the calls that wait for it. */
export class Lane {
  readonly #options: LaneOptions;
  #thread: Thread | null = null;
  #queue: Call[] = [];
  #running: Promise<void> | null = null;
  #unsettledBytes = 0;
  #wasOpen = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Starts the thread, which opens the file. @throws {StoreError} */
  async open(): Promise<void> {
    const { role, settings } = this.#options;
    const thread = new Thread(this.#options);
    const answer = await thread.ask({ type: "open", role, settings, isFirst: !this.#wasOpen });
    if (answer.type === "failed") {
      thread.end();
      throw new StoreError(answer.fault.code, answer.fault.message);
    }
    this.#thread = thread;
    this.#wasOpen = true;
  }

  /** Puts a call in the line. There must be none after `close`. */
  add(call: Call): void {
    // What is under way counts, so that no later batch is taken before the caller of a refused one knows (A3).
    if (this.#unsettledBytes > UNSETTLED_BYTES_MAX) {
      const message = "Cannot use the store: too much waits for its disk already";
      return call.reject(new StoreError("unavailable", message));
    }
    this.#unsettledBytes += call.bytes;
    this.#queue.push(call);
    this.#running ??= this.#run();
  }

  /** Finishes what waits, closes the file and ends the thread. */
  async close(): Promise<void> {
    await this.#running;
    if (!this.#thread || this.#thread.hasEnded) return;
    await this.#thread.ask({ type: "close" });
    this.#thread.end();
  }

  /** Sends group after group until nothing waits. */
  async #run(): Promise<void> {
    // Everybody who was woken by one answer adds to the next group: their turn comes before ours.
    await null;
    while (this.#queue.length > 0) {
      let group: Call[] = [];
      try {
        if (!this.#thread || this.#thread.hasEnded) await this.open();
        group = this.#takeGroup();
        this.#settle(group, await this.#send(group));
      } catch (error) {
        this.#reject([...group, ...this.#queue.splice(0)], asStoreError(error)); // A2
      }
      await null;
    }
    this.#running = null;
  }

  #takeGroup(): Call[] {
    let count = 0;
    let bytes = 0;
    while (
      count < this.#queue.length && count < GROUP_CALLS_MAX && bytes < GROUP_BYTES_MAX
    ) bytes += this.#queue[count++]!.bytes;
    return this.#queue.splice(0, count);
  }

  async #send(group: readonly Call[]): Promise<Unpacker> {
    const packer = new Packer(group.reduce((bytes, call) => bytes + call.bytes, 0));
    for (const call of group) call.pack(packer);
    const packed = packer.finish();
    const answer = await this.#thread!.ask({ type: "calls", count: group.length, packed }, [
      packed,
    ]);
    if (answer.type === "failed") throw new StoreError(answer.fault.code, answer.fault.message);
    if (answer.type === "done") throw lost("answers beside the question");
    return new Unpacker(answer.packed);
  }

  #settle(group: readonly Call[], answers: Unpacker): void {
    let failure: StoreError | null = null;
    for (const call of group) {
      this.#unsettledBytes -= call.bytes;
      if (answers.number() === 1) {
        call.resolve(answers);
      } else {
        const { code, message } = answers.fault();
        const error = new StoreError(code, message);
        failure ??= error;
        call.reject(error);
      }
    }
    if (failure && this.#options.role === "writer") {
      const message = "Cannot commit: an earlier batch failed";
      const error = new StoreError("unavailable", message, { cause: failure });
      this.#reject(this.#queue.splice(0), error); // A3
    }
  }

  #reject(calls: readonly Call[], error: StoreError): void {
    for (const call of calls) {
      this.#unsettledBytes -= call.bytes;
      call.reject(error);
    }
  }
}

/** A Web Worker that is asked one thing at a time. */
class Thread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  #waiting: PromiseWithResolvers<FromThread> | null = null;
  hasEnded = false;

  constructor({ spawn, clock }: LaneOptions) {
    this.#worker = spawn();
    this.#clock = clock;
    this.#worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
      this.#waiting?.resolve(data);
      this.#waiting = null;
    };
    this.#worker.onerror = (event) => {
      // Else Deno raises it again, as an error of the main thread that nobody has caught.
      event.preventDefault();
      const isDenied = event.message.includes("Requires read access");
      const what = isDenied
        ? "needs Deno's permission to read this program's folder"
        : "has failed";
      this.#lose(what, event.message);
    };
    // Bun tells of a thread that ended by itself, Deno does not.
    this.#worker.addEventListener("close", () => this.#lose("has ended"));
  }

  async ask(message: ToThread, transfer: Transferable[] = []): Promise<FromThread> {
    const waiting = this.#waiting = Promise.withResolvers<FromThread>();
    const deadline = this.#clock.now().mono + ANSWER_MS_MAX;
    const cancel = this.#clock.timer(deadline, () => this.#lose("is silent"));
    this.#worker.postMessage(message, transfer);
    try {
      return await waiting.promise;
    } finally {
      cancel();
    }
  }

  end(): void {
    this.hasEnded = true;
    this.#worker.terminate();
  }

  #lose(what: string, cause?: string): void {
    if (this.hasEnded) return;
    this.end();
    this.#waiting?.reject(lost(what, cause));
    this.#waiting = null;
  }
}

/** Any other error is a bug, or a thread that could not even be made; no call may hang for it. */
function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError("unavailable", "Cannot use the store: an unexpected error", {
    cause: error,
  });
}

/** The cause is for logs: it may hold source text and paths. */
function lost(what: string, cause?: string): StoreError {
  const message = `Cannot use the store: the thread of its file ${what}`;
  return new StoreError("unavailable", message, { cause });
}
