// Refusals on the wire: RFC 9457 problem documents, written by the server and read by the client
// library. What each problem means, for people, stands in problem-pages.ts.

import { type InputFault, type ProblemCode, type Refusal, refuse } from "../core/problem.ts";
import type { JobError } from "../core/terms.ts";
import { errorDocument } from "./error-document.ts";
import { MEDIA } from "./media.ts";

/** What a client throws for a problem. */
export { HeartyError } from "../core/problem.ts";

/** Each problem's HTTP status and title. */
export const PROBLEMS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  "invalid-parameter": [400, "A parameter is unknown or malformed"],
  "malformed-request": [400, "The request cannot be read"],
  "unauthorised": [401, "Credentials are missing or not valid"],
  "forbidden": [403, "The caller may not do this"],
  "priority-not-allowed": [403, "The caller may not use this priority"],
  "foreign-origin": [403, "The request comes from a foreign web page"],
  "foreign-host": [403, "The request names a foreign host"],
  "not-found": [404, "There is no such thing"],
  "no-interest": [404, "The caller has no interest in this promise"],
  "unknown-kind": [404, "No such kind of job is known"],
  "not-stored": [404, "Nothing is stored for this job"],
  "method-not-allowed": [405, "The method is not allowed here"],
  "not-acceptable": [406, "No acceptable form of the answer exists"],
  "request-timeout": [408, "The request came too slowly"],
  "already-settled": [409, "The promise is already settled"],
  "not-settled": [409, "The promise is not settled yet"],
  "not-rejected": [409, "The promise is not rejected"],
  "selection-changed": [409, "The selection has changed"],
  "precondition-failed": [412, "It has been changed in the meantime"],
  "input-too-large": [413, "The input is too large"],
  "body-too-large": [413, "The body is too large"],
  "url-too-long": [414, "The URL is too long"],
  "unsupported-media-type": [415, "The body's type is not supported"],
  "range-not-satisfiable": [416, "The range is beyond the end"],
  "invalid-input": [422, "The input is not valid"],
  "invalid-body": [422, "The body is not valid"],
  "job-failed": [424, "The job has failed"],
  "job-cancelled": [424, "The job was cancelled"],
  "job-timed-out": [424, "The job has timed out"],
  "job-lost": [424, "The job was lost with its workers"],
  "upgrade-required": [426, "This address speaks WebSocket only"],
  "queue-full": [429, "The queue is full"],
  "rate-limited": [429, "Too many posts"],
  "too-many-streams": [429, "Too many open streams"],
  "header-too-large": [431, "The header is too large"],
  "internal-error": [500, "The server has a fault"],
  "damaged": [500, "The stored promise is damaged"],
  "not-implemented": [501, "The method is not known"],
  "draining": [503, "The server is about to stop"],
  "standby": [503, "The server is a standby"],
  "no-standby": [503, "No standby confirms"],
  "no-primary": [503, "There is no primary"],
  "storage-unavailable": [503, "The store cannot write"],
};

/** A problem document. Further members are those of the refusal. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly InputFault[];
  readonly parameter?: string;
  readonly [extra: string]: unknown;
}

/** Where a problem occurred. */
export interface ProblemPlace {
  /**
   * The base path or public URL of the server, without a slash at its end; below it are the
   * problems' pages.
   */
  readonly base: string;
  /** The path of what was asked for. */
  readonly instance: string;
}

/** A refusal as a problem document. */
export function problemDocument(
  refusal: Refusal,
  { base, instance }: ProblemPlace,
): ProblemDocument {
  const { refused, detail, errors, parameter, extras } = refusal;
  const [status, title] = PROBLEMS[refused];
  return {
    // First, so that no extra can take the place of a member that has a meaning.
    ...extras,
    type: `${base}/problems/${refused}`,
    title,
    status,
    detail,
    instance,
    ...(errors !== undefined && { errors }),
    ...(parameter !== undefined && { parameter }),
  };
}

/**
 * A refusal as an answer. `Retry-After` is in whole seconds, and never sends a client back at once.
 */
export function problemResponse(refusal: Refusal, place: ProblemPlace): Response {
  const headers = new Headers({ "Content-Type": MEDIA.problem });
  if (refusal.retryMs !== undefined) {
    headers.set("Retry-After", String(Math.max(1, Math.ceil(refusal.retryMs / 1_000))));
  }
  const body = JSON.stringify(problemDocument(refusal, place));
  return new Response(body, { status: PROBLEMS[refusal.refused][0], headers });
}

/** The refusal of a request that waited for a promise which was then rejected. */
export function jobProblem(error: JobError): Refusal {
  return refuse(`job-${error.reason}`, {
    detail: error.message,
    extras: { error: errorDocument(error) },
  });
}

/**
 * The refusal that a problem document tells of; null if it is none of ours. `retryAfter`: the
 * answer's header.
 */
export function refusalOf(document: unknown, retryAfter: string | null = null): Refusal | null {
  if (typeof document !== "object" || document === null) return null;
  const { type, title: _, status: __, detail, instance: ___, errors, parameter, ...extras } =
    document as Partial<ProblemDocument>;
  const code = typeof type === "string" ? type.slice(type.lastIndexOf("/") + 1) : "";
  if (!isProblemCode(code)) return null;
  return refuse(code, {
    detail: typeof detail === "string" ? detail : PROBLEMS[code][1],
    ...(isWhole(retryAfter) && { retryMs: Number(retryAfter) * 1_000 }),
    ...(Array.isArray(errors) && { errors: errors.filter(isFault) }),
    ...(typeof parameter === "string" && { parameter }),
    ...(Object.keys(extras).length > 0 && { extras }),
  });
}

/** Whether text is the name of a problem. */
export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEMS, text);
}

function isWhole(text: string | null): text is string {
  return text !== null && /^\d{1,9}$/.test(text);
}

function isFault(value: unknown): value is InputFault {
  if (typeof value !== "object" || value === null) return false;
  const { path, message } = value as Partial<InputFault>;
  return Array.isArray(path) && typeof message === "string" &&
    path.every((step) => typeof step === "string" || typeof step === "number");
}
