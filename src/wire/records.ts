// Item records and end records: what a stream of results is made of, in every form.

import type { JobError, Reason } from "../core/terms.ts";
import type { PromiseId } from "../core/ids.ts";

/** One stored item, as the read side hands it on. */
export interface StoredItem {
  readonly seq: number;
  /** The media type; `application/json` bodies hold JSON text. */
  readonly type: string;
  readonly body: Uint8Array;
  /** Of a batch's item: which child, and how it ended. */
  readonly child?: { readonly index: number; readonly promise: PromiseId | null; readonly error: JobError | null };
}

/** How a stream ended. */
export type StreamEnd =
  | { readonly end: "fulfilled"; readonly items: number }
  | { readonly end: "rejected"; readonly items: number; readonly error: JobError };

/** A job's error as JSON shows it. */
export interface ErrorDocument {
  readonly reason: Reason;
  readonly name: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly detail: unknown;
}

/** A job's error as JSON shows it: the detail, kept as text, becomes a value. */
export function errorDocument(error: JobError): ErrorDocument {
  const { reason, name, message, retryable, detail } = error;
  return { reason, name, message, retryable, detail: detail === null ? null : JSON.parse(detail) };
}
