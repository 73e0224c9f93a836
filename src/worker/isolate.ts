// Each job in a thread (a Web Worker) of its own: a handler that keeps the processor busy neither delays heartbeats
// nor survives a cancel. The price is a start of some ten milliseconds a job.
//
// I1. A thread runs one attempt and ends with it: at its answer, its failure, or when the job's signal aborts.
// I2. The thread is asked for one thing at a time, so a generator in it is pulled no faster than outside.

import { type Handler, type Job, Typed } from "./job.ts";
import type { Ask, Reply, Told } from "./isolate-thread.ts";
import { MEDIA } from "../wire/media.ts";
import type { SentError, SentPiece } from "../wire/messages.ts";
import type { KindDefinition, Kinds } from "./serve-jobs.ts";

/**
 * The same kinds, each job of which runs in a thread of its own.
 *
 * @param module The file: URL of the module whose default export is `kinds`; threads import it again.
 */
export function isolate(module: string, kinds: Kinds): Kinds {
  return Object.fromEntries(
    Object.entries(kinds).map(([kind, definition]): [string, KindDefinition] => {
      const spelling = typeof definition === "function" ? {} : definition;
      return [kind, { ...spelling, run: isolated(module) }];
    }),
  );
}

function isolated(module: string): Handler {
  return async (_input, job) => {
    job.signal.throwIfAborted();
    const thread = new Thread(job);
    const { promise, kind, attempt, input, timeoutMs, traceparent, storedItems } = job;
    const told: Told = { promise, kind, attempt, input, timeoutMs, traceparent, storedItems };
    let isGoingOn = false;
    try {
      const reply = await thread.ask({ type: "start", module, job: told });
      if (reply.type === "piece") return valueOf(reply.piece);
      isGoingOn = true;
      const pieces = piecesOf(thread);
      if (reply.type !== "bytes") return pieces;
      const headers = { "content-type": reply.contentType };
      return new Response(bytesOf(pieces), { headers });
    } finally {
      if (!isGoingOn) thread.end();
    }
  };
}

/** What a thread yields, one by one. */
async function* piecesOf(thread: Thread): AsyncGenerator<unknown> {
  try {
    for (;;) {
      const reply = await thread.ask({ type: "next" });
      if (reply.type !== "piece") return;
      yield valueOf(reply.piece);
    }
  } finally {
    thread.end();
  }
}

function bytesOf(pieces: AsyncGenerator<unknown>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue((next.value as Typed).body as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

function valueOf(piece: SentPiece): unknown {
  return "value" in piece ? piece.value : new Typed(piece.body, piece.contentType ?? MEDIA.bytes);
}

/** A thread that runs one attempt (I1). */
class Thread {
  readonly #job: Job;
  readonly #worker: Worker;
  #asked: PromiseWithResolvers<Reply> | null = null;
  /** Why it will not answer any more; null: it will. */
  #failure: { readonly error: unknown } | null = null;
  readonly #onAbort = (): void => this.#fail(this.#job.signal.reason);

  constructor(job: Job) {
    this.#job = job;
    // A published package holds JavaScript; the compiler rewrites imports, but not this.
    const file = import.meta.url.endsWith(".ts") ? "./isolate-thread.ts" : "./isolate-thread.js";
    this.#worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#hear(data as Reply);
    this.#worker.onerror = (event) => {
      // Otherwise Deno ends the whole program.
      event.preventDefault();
      // In Bun the message holds source text: the server is not told.
      const cause = event.message;
      this.#fail(new Error("The job's thread failed outside of its handler", { cause }));
    };
    // Bun's, when a handler ends its thread.
    this.#worker.addEventListener("close", () => this.#fail(new Error("The job's thread ended")));
    job.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Asks the thread for one thing (I2). */
  ask(ask: Ask): Promise<Exclude<Reply, Notice>> {
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    this.#asked = Promise.withResolvers<Reply>();
    this.#worker.postMessage(ask);
    return this.#asked.promise as Promise<Exclude<Reply, Notice>>;
  }

  end(): void {
    this.#job.signal.removeEventListener("abort", this.#onAbort);
    this.#worker.terminate();
  }

  #hear(reply: Reply): void {
    switch (reply.type) {
      case "progress":
        return this.#job.progress(reply.fraction, reply.message);
      case "continue":
        return void this.#job.continueItems();
      case "mark":
        return this.#job.mark(reply.marks);
      case "failed":
        return this.#fail(errorOf(reply.error));
      default:
        this.#asked?.resolve(reply);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#asked?.reject(error);
    this.end();
  }
}

/** What a thread tells without being asked. */
type Notice = Extract<Reply, { type: "progress" | "continue" | "mark" | "failed" }>;

function errorOf({ name, message, retryable, detail }: SentError): Error {
  return Object.assign(new Error(message), { name: name ?? "Error", retryable, detail });
}
