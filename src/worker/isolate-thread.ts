// The inside of a job's thread: imports the module, runs the handler, and answers what isolate.ts asks.

import type { SentError, SentPiece } from "../wire/messages.ts";
import { answerOf, itemOf, PIECE_BYTES_MAX, piecesOf } from "./answer.ts";
import type { Handler, Job, Marks } from "./job.ts";
import { errorFields, withoutDetail } from "./rejection.ts";
import type { KindDefinition } from "./serve-jobs.ts";

/** What a thread is asked: to run a job, then for each next piece. */
export type Ask =
  | { readonly type: "start"; readonly module: string; readonly job: Told }
  | { readonly type: "next" };

/** The part of a job that can be told to a thread. */
export type Told = Omit<Job, "signal" | "progress" | "continueItems" | "mark">;

/** What a thread says. */
export type Reply =
  /** A value, or the next piece. */
  | { readonly type: "piece"; readonly piece: SentPiece }
  /** Pieces follow when they are asked for: items, or bytes of one body. */
  | { readonly type: "items" }
  | { readonly type: "bytes"; readonly contentType: string }
  /** There are no more pieces. */
  | { readonly type: "end" }
  | { readonly type: "failed"; readonly error: SentError }
  /** The handler has called the job's functions. */
  | { readonly type: "progress"; readonly fraction?: number; readonly message?: string }
  | { readonly type: "continue" }
  | { readonly type: "mark"; readonly marks: Marks };

/** What this file needs of a thread's global scope, which TypeScript's DOM library does not know. */
interface Scope {
  onmessage: (event: { readonly data: Ask }) => void;
  postMessage(reply: Reply): void;
}

const scope = globalThis as unknown as Scope;
let pieces: AsyncIterator<unknown> | Iterator<unknown> | null = null;

let hasYielded = false;

scope.onmessage = ({ data }) => {
  answer(data).then((reply) => scope.postMessage(reply)).catch(fail);
};

function fail(thrown: unknown): void {
  const error = errorFields(thrown);
  try {
    scope.postMessage({ type: "failed", error });
  } catch (unsayable) {
    scope.postMessage({ type: "failed", error: withoutDetail(error, unsayable) });
  }
}

async function answer(ask: Ask): Promise<Reply> {
  if (ask.type === "start") return await start(ask.module, ask.job);
  const next = await pieces!.next();
  hasYielded = true;
  return next.done ? { type: "end" } : { type: "piece", piece: await itemOf(next.value) };
}

async function start(module: string, told: Told): Promise<Reply> {
  const kinds = (await import(module)).default as Record<string, Handler | KindDefinition>;
  const definition = kinds[told.kind]!;
  const handler = typeof definition === "function" ? definition : definition.run;
  const { input } = told;
  const result = await handler("value" in input ? input.value : input.body, jobOf(told));
  const given = answerOf(result);
  if (given.shape === "piece") return { type: "piece", piece: given.piece };
  if (given.shape === "items") {
    pieces = given.items;
    return { type: "items" };
  }
  pieces = piecesOf(given.stream, PIECE_BYTES_MAX);
  return { type: "bytes", contentType: given.contentType };
}

function jobOf(told: Told): Job {
  return {
    ...told,
    // A cancelled job's thread is ended from outside, so nothing is ever aborted here.
    signal: new AbortController().signal,
    progress: (fraction, message) =>
      scope.postMessage({
        type: "progress",
        ...(fraction === undefined ? {} : { fraction }),
        ...(message === undefined ? {} : { message }),
      }),
    continueItems: () => {
      if (hasYielded) throw new Error("Cannot continue items: one was yielded before");
      scope.postMessage({ type: "continue" });
      return told.storedItems;
    },
    mark: (marks) => scope.postMessage({ type: "mark", marks }),
  };
}
