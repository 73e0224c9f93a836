// What a handler sees of its job, and what it may answer beside plain values.

import type { LiveContent } from "../wire/messages.ts";

/**
 * Computes jobs of one kind. It gets the input, or its bytes where JSON cannot say it, and answers with a value that
 * JSON can say; with bytes that have a type (`typed`, a `Blob`, a `Response`); or as a generator, whose yields are
 * the items of a streamed result. What it throws rejects the job; a `RetryableError` lets it be tried again.
 *
 * A handler is to be deterministic in its input: a second attempt must give the same items again.
 */
export type Handler = { handle(input: unknown, job: Job): unknown }["handle"];

/** One attempt at a job, as its handler sees it. */
export interface Job {
  /** The id of the promise that is waited for. */
  readonly promise: string;
  readonly kind: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** The input as it came: a value, or bytes with their type. */
  readonly input: LiveContent;
  /** After how many ms the server will cancel this attempt; null: never. */
  readonly timeoutMs: number | null;
  /** W3C trace context of the post; null if it had none. */
  readonly traceparent: string | null;
  /** How many items earlier attempts have stored. */
  readonly storedItems: number;
  /** Aborts when the result is not wanted any more. What the handler then answers is thrown away. */
  readonly signal: AbortSignal;
  /** Tells whoever watches how far the job is, 0 … 1, and what it is doing. It may be called often: the newest is sent, at most ten times a second. */
  progress(fraction?: number, message?: string): void;
  /**
   * Says that this generator continues after the stored items, so that its first yield is item `storedItems`, which
   * is the answer. Without this call it is taken to yield all items again, and the stored ones are skipped.
   * @throws {Error} after the first yield.
   */
  continueItems(): number;
  /** Sets what goes with the result: tags by which it can be invalidated, and how long it is kept (`30s`, `PT5S`, or seconds). */
  mark(marks: Marks): void;
}

/** What goes with a result. */
export interface Marks {
  readonly tags?: readonly string[];
  readonly ttl?: string | number;
}

/** A failure that may not happen again: the job is tried again, as often as its kind allows. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  readonly retryable = true;
  /** Anything that JSON can say; shown with the error. */
  readonly detail: unknown;

  constructor(message: string, options?: ErrorOptions & { readonly detail?: unknown }) {
    super(message, options);
    this.detail = options?.detail;
  }
}

/**
 * A result, or an item, that is bytes or text of a media type.
 *
 * @throws {TypeError} if the type has control characters.
 * @example
 * ```ts
 * import { typed } from "hearty/worker";
 *
 * const kinds = { chart: () => typed("<svg/>", { type: "image/svg+xml" }) };
 * ```
 */
export function typed(body: Uint8Array | string, options: { readonly type: string }): Typed {
  if (!/^\P{Cc}+$/u.test(options.type)) {
    throw new TypeError(`Cannot type a body as ${JSON.stringify(options.type)}: no media type`);
  }
  return new Typed(typeof body === "string" ? new TextEncoder().encode(body) : body, options.type);
}

/** Bytes with their media type; made by `typed`. */
export class Typed {
  readonly body: Uint8Array;
  readonly contentType: string;

  constructor(body: Uint8Array, contentType: string) {
    this.body = body;
    this.contentType = contentType;
  }
}
