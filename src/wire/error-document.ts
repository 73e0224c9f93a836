// A job's error as JSON shows it. In a file of its own, since the client library reads it, and no record.

import type { JobError, Reason } from "../core/terms.ts";

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
