// Every refusal that the system can utter, by code. Refusals are values; they are thrown, as HeartyError, only
// where a function cannot answer otherwise. Status, title and explanation of each code stand in wire/problem.ts.

/** The name of a problem, as in `/problems/NAME`. */
export type ProblemCode =
  | "invalid-parameter" // 400: a query parameter, header, id or cursor
  | "malformed-request" // 400: a request that cannot be read
  | "unauthorised" // 401
  | "forbidden" // 403
  | "priority-not-allowed" // 403
  | "foreign-origin" // 403
  | "foreign-host" // 403
  | "not-found" // 404: promise, job, queue, worker, path
  | "no-interest" // 404: the caller has no interest in the promise
  | "unknown-kind" // 404
  | "not-stored" // 404: onlyStored
  | "method-not-allowed" // 405
  | "not-acceptable" // 406
  | "request-timeout" // 408
  | "already-settled" // 409
  | "not-settled" // 409
  | "not-rejected" // 409
  | "selection-changed" // 409
  | "precondition-failed" // 412
  | "input-too-large" // 413
  | "body-too-large" // 413: any other body
  | "url-too-long" // 414
  | "unsupported-media-type" // 415
  | "range-not-satisfiable" // 416
  | "invalid-input" // 422
  | "invalid-body" // 422: of a PATCH and the like
  | "job-failed" // 424
  | "job-cancelled" // 424
  | "job-timed-out" // 424
  | "job-lost" // 424
  | "upgrade-required" // 426
  | "queue-full" // 429
  | "rate-limited" // 429
  | "too-many-streams" // 429
  | "header-too-large" // 431
  | "internal-error" // 500
  | "damaged" // 500
  | "not-implemented" // 501
  | "draining" // 503
  | "standby" // 503
  | "no-standby" // 503
  | "no-primary" // 503
  | "storage-unavailable"; // 503

/** One fault of an input: where (member names and indexes), and what. */
export interface InputFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What goes with a refusal beside its code. */
export interface RefusalDetails {
  /** The act, the value in quotes, a colon, what is and what was wanted; no final stop. */
  readonly detail: string;
  /** When to try again, in ms. */
  readonly retryMs?: number;
  /** What is wrong with an input, fault by fault. */
  readonly errors?: readonly InputFault[];
  /** Which parameter or header is meant. */
  readonly parameter?: string;
  /** Further named members of the problem document. */
  readonly extras?: Readonly<Record<string, unknown>>;
}

/** A refusal as a value. */
export interface Refusal extends RefusalDetails {
  readonly refused: ProblemCode;
}

/** Makes a refusal. */
export function refuse(code: ProblemCode, details: RefusalDetails): Refusal {
  return { refused: code, ...details };
}

/** Whether a value is a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "refused" in value;
}

/** A refusal that is thrown. */
export class HeartyError extends Error {
  override readonly name = "HeartyError";
  readonly refusal: Refusal;
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.detail, options);
    this.refusal = refusal;
  }
  /** The problem's code. */
  get code(): ProblemCode {
    return this.refusal.refused;
  }
}
