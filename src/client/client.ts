// The client: what a program asks of a server, as functions.

import { sleep } from "../base/clock.ts";
import type { PromiseDocument } from "../wire/document.ts";
import type { EndRecord, ItemRecord } from "../wire/records.ts";
import type { PromiseEvent } from "./events.ts";
import { followItems, type FollowOptions, watchPromise } from "./follow.ts";
import { Patience, type Persistence } from "./patience.ts";
import { Silence } from "./silence.ts";
import {
  type Call,
  type ClientOptions,
  createTransport,
  received,
  request,
  type Transport,
} from "./transport.ts";

/** How a job is to be run and shared; what is left out is the kind's or the server's to say. A duration is a text such as `30s`, or seconds. */
export interface PostOptions {
  /** 0 … 9, 9 the most urgent, or `background`, `normal`, `high`; default 5. */
  readonly priority?: number | string | undefined;
  /** The owner's own sub-queue; default `default`. */
  readonly queue?: string | undefined;
  /** How long the settled promise is kept. */
  readonly ttl?: number | string | undefined;
  /** Longest run of one attempt. */
  readonly timeout?: number | string | undefined;
  /** Most attempts, counting the first; default 3. */
  readonly attempts?: number | undefined;
  /** Not to be started before this much time has passed; default 0. */
  readonly delay?: number | string | undefined;
  /** When it should be ready: a time, or a duration from now. Nothing is cancelled by it. */
  readonly deadline?: number | string | undefined;
  /** Reuse a stored result only if it settled at most this long ago; 0 computes again. */
  readonly maxAge?: number | string | undefined;
  /** Run nothing: refuse with `not-stored` if no promise has this key. */
  readonly onlyStored?: boolean | undefined;
  /** Labels of the data that the result depends on. */
  readonly tag?: readonly string[] | undefined;
  /** An explicit key in place of the input's hash. */
  readonly key?: string | undefined;
  /** Whom it is run for, where the caller may say so. */
  readonly owner?: string | undefined;
}

/** How the request is sent. */
export interface SendOptions {
  /** The media type of an input that is bytes; default: the Blob's, else `application/octet-stream`. */
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which interest is withdrawn. */
export interface CancelOptions {
  /** Only in this queue; default: in all. */
  readonly queue?: string | undefined;
  /** Whose it is, where the caller may say so. */
  readonly owner?: string | undefined;
}

/** What became of a posted job. */
export interface Posted {
  readonly promise: PromiseDocument;
  /** `reused`: a stored result answers; `joined`: somebody else's unfinished job does; `created`: it is new. */
  readonly sharing: "reused" | "joined" | "created";
}

/**
 * A server, as seen by a client. Every call throws a HeartyError for what the server refuses, and an
 * UnreachableError where there is no answer; `follow`, `watch`, `wait` and `result` bear broken connections.
 */
export interface HeartyClient {
  /** Posts a job. `input` is anything that JSON can say, or bytes (`Uint8Array`, `Blob`). */
  post(kind: string, input: unknown, options?: PostOptions & SendOptions): Promise<Posted>;
  /** The promise as it is now. */
  get(
    id: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<PromiseDocument>;
  /** The promise, once it is settled. */
  wait(id: string, options?: Persistence): Promise<PromiseDocument>;
  /**
   * The result, once it is there: a value, an array of a stream's values, or a Blob if JSON cannot say it.
   * @throws {HeartyError} `job-failed`, `job-cancelled`, `job-timed-out` or `job-lost` if it is rejected.
   */
  result(id: string, options?: Persistence): Promise<unknown>;
  /** The answer of `GET /promises/{id}/result`, unread: bytes as stored unless `accept` asks for another form; 202 while there is none. */
  response(
    id: string,
    options?: { readonly accept?: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Response>;
  /** Withdraws the caller's interest. */
  cancel(id: string, options?: CancelOptions): Promise<void>;
  /**
   * The items in order, each once, over any number of connections, and the end record as the last. A rejection is
   * told by the end record and not thrown, so that the items before it can be told from those of a broken stream.
   */
  follow(id: string, options?: FollowOptions): AsyncGenerator<ItemRecord | EndRecord, void, void>;
  /** As `follow`, with the changes of the promise and its progress between the items. */
  watch(id: string, options?: FollowOptions): AsyncGenerator<PromiseEvent, void, void>;
}

/**
 * A client of one server.
 *
 * @example Post a job and print its items as they come
 * ```ts ignore
 * const client = createClient({ url: "http://127.0.0.1:8080" });
 * const { promise } = await client.post("primes", { upTo: 100 });
 * for await (const record of client.follow(promise.id)) console.log(record);
 * ```
 * @throws {TypeError} if the address is malformed.
 */
export function createClient(options: ClientOptions): HeartyClient {
  const transport = createTransport(options);
  return {
    post: (kind, input, options = {}) => postJob(transport, { kind, input }, options),
    get: (id, { signal } = {}) => readDocument(transport, { path: pathOf(id), signal }),
    wait: (id, options = {}) => waitSettled(transport, id, options),
    result: (id, options = {}) => readResult(transport, id, options),
    response: (id, { accept = "*/*", signal } = {}) =>
      request(transport, { path: `${pathOf(id)}/result`, headers: { Accept: accept }, signal }),
    async cancel(id, options = {}) {
      await request(transport, { method: "DELETE", path: pathOf(id), query: queryOf(options) });
    },
    follow: (id, options = {}) => followItems(transport, id, options),
    watch: (id, options = {}) => watchPromise(transport, id, options),
  };
}

async function postJob(
  transport: Transport,
  job: { readonly kind: string; readonly input: unknown },
  { contentType, signal, ...options }: PostOptions & SendOptions,
): Promise<Posted> {
  const { body, type } = encode(job.input, contentType);
  const response = await request(transport, {
    method: "POST",
    path: `/jobs/${encodeURIComponent(job.kind)}`,
    query: queryOf(options),
    headers: { "Content-Type": type },
    body,
    signal,
  });
  const sharing = sharingOf(response.headers.get("Cache-Status") ?? "");
  return { promise: await received(response.json()) as PromiseDocument, sharing };
}

/** What our own part of `Cache-Status` says; caches in between add theirs. */
function sharingOf(status: string): Posted["sharing"] {
  const [, own = ""] = /\bhearty;([^,]*)/.exec(status) ?? [];
  if (/\bhit\b/.test(own)) return "reused";
  return /\bcollapsed\b/.test(own) ? "joined" : "created";
}

type Query = NonNullable<Call["query"]>;

function queryOf(options: CancelOptions | PostOptions): Query {
  return Object.entries(options).flatMap(([name, value]): Query =>
    (value === undefined ? [] : [value].flat()).map((each) => [name, String(each)])
  );
}

function encode(
  input: unknown,
  contentType: string | undefined,
): { readonly body: BodyInit; readonly type: string } {
  if (input instanceof Uint8Array || input instanceof Blob) {
    const own = input instanceof Blob && input.type !== ""
      ? input.type
      : "application/octet-stream";
    return { body: input as Uint8Array<ArrayBuffer> | Blob, type: contentType ?? own };
  }
  const body = JSON.stringify(input);
  if (body === undefined) throw new TypeError(`Cannot post ${typeof input}: wanted JSON or bytes`);
  return { body, type: contentType ?? "application/json" };
}

/** How long one request waits for the settle; a server may cut it. */
const WAIT_SECONDS = 30;
/** How much later than that an answer may come. */
const ANSWER_MS_MAX = 15_000;
/** The least time between two requests, whatever the server's bound on waiting is. */
const WAIT_GAP_MS = 250;

async function waitSettled(
  transport: Transport,
  id: string,
  options: Persistence,
): Promise<PromiseDocument> {
  const patience = new Patience(transport, options);
  for (;;) {
    const document = await patience.persist(() => {
      const ms = WAIT_SECONDS * 1000 + ANSWER_MS_MAX;
      const silence = new Silence(transport.clock, { ms, outer: options.signal });
      const query = [["wait", `${WAIT_SECONDS}s`] as const];
      return silence.until(
        readDocument(transport, { path: pathOf(id), query, signal: silence.signal }),
      );
    });
    if (document.state !== "pending") return document;
    patience.restore();
    await sleep(transport.clock, WAIT_GAP_MS, options.signal);
    options.signal?.throwIfAborted();
  }
}

async function readResult(
  transport: Transport,
  id: string,
  options: Persistence,
): Promise<unknown> {
  await waitSettled(transport, id, options);
  return await new Patience(transport, options).persist(async () => {
    const response = await request(transport, {
      path: `${pathOf(id)}/result`,
      // Anything else only where JSON cannot say it.
      headers: { Accept: "application/json, */*;q=0.1" },
      signal: options.signal,
    });
    const isJson = /^application\/(json|[^;]*\+json)\s*(;|$)/.test(
      response.headers.get("Content-Type") ?? "",
    );
    if (!isJson) return await received(response.blob());
    return transport.parse(await received(response.text()));
  });
}

async function readDocument(
  transport: Transport,
  call: Call,
): Promise<PromiseDocument> {
  return await received((await request(transport, call)).json()) as PromiseDocument;
}

function pathOf(id: string): string {
  return `/promises/${encodeURIComponent(id)}`;
}
