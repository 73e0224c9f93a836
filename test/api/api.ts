// A server as its clients see it: requests through `fetch`, one worker over a pair of ports, a clock that stands still.

import type { ReceivedMessage, SentHello, SentMessage } from "../../src/wire/messages.ts";
import type { PromiseDocument } from "../../src/wire/document.ts";
import type { ProblemDocument } from "../../src/wire/problem.ts";
import type { HeartyOptions } from "../../src/hearty.ts";
import { type Fixture, hearty } from "../harness/hearty.ts";
import { settled } from "../harness/manual-clock.ts";
import type { RawWorker } from "../harness/raw-worker.ts";
import { assert } from "../harness/test.ts";

/** Where the server would listen. */
export const ORIGIN = "http://localhost:8080";

/** How a job is posted. */
export interface PostInit {
  readonly kind?: string;
  /** Without the question mark. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** The attempt that a worker got last. */
export type Run = Extract<ReceivedMessage, { type: "run" }>;

type WithoutLease<Message> = Message extends { readonly lease: string } ? Omit<Message, "lease">
  : never;

/** A message of an attempt, without its lease. */
export type Said = WithoutLease<SentMessage>;

/** A server, a worker that offers kind `price`, and what a test does with them. */
export class Api implements AsyncDisposable {
  readonly fixture: Fixture;
  readonly worker: RawWorker;
  readonly #base: string;
  #inputs = 0;

  constructor(fixture: Fixture, worker: RawWorker, base: string) {
    this.fixture = fixture;
    this.worker = worker;
    this.#base = base;
  }

  /** Sends a request below the base path. */
  send(path: string, init: RequestInit = {}): Promise<Response> {
    return this.fixture.hearty.fetch(new Request(`${ORIGIN}${this.#base}${path}`, init));
  }

  /** Sends a GET request. */
  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.send(path, { headers });
  }

  /** Posts a job whose input is given as JSON text or bytes; without one, it is like no other. */
  post(
    body: string | Uint8Array<ArrayBuffer> | null = null,
    init: PostInit = {},
  ): Promise<Response> {
    const { kind = "price", query, headers, signal } = init;
    return this.send(`/jobs/${kind}${query === undefined ? "" : `?${query}`}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: body ?? `{"input":${++this.#inputs}}`,
      ...(signal && { signal }),
    });
  }

  /** Posts a job and answers with its document. */
  async job(body: string | null = null, init: PostInit = {}): Promise<PromiseDocument> {
    const response = await this.post(body, init);
    assert.ok(response.ok, `${response.status}`);
    const document = await response.json() as PromiseDocument;
    await settled();
    return document;
  }

  /** A promise's document. */
  async document(id: string, query = ""): Promise<PromiseDocument> {
    const response = await this.get(`/promises/${id}${query}`);
    assert.equal(response.status, 200);
    return await response.json();
  }

  /** Posts a job, and its worker says all this of it; the promise's id. */
  async settle(said: readonly Said[], init: PostInit = {}): Promise<string> {
    const { id } = await this.job(null, init);
    const { lease } = this.run();
    for (const message of said) await this.say(lease, message);
    return id;
  }

  /** A promise with one value of a media type, or of JSON. */
  value(body: Uint8Array | string, contentType?: string): Promise<string> {
    return this.settle([
      contentType === undefined
        ? { type: "fulfill", value: body }
        : { type: "fulfill", contentType, body: bytesOf(body) },
    ]);
  }

  /** A promise with items, which are fulfilled. */
  items(...values: readonly unknown[]): Promise<string> {
    return this.settle([...values.map(itemOf), { type: "fulfill" }]);
  }

  /** The oldest attempt that the worker has been given and nobody took. */
  run(): Run {
    return this.worker.take("run");
  }

  /** The worker says something of an attempt. */
  async say(lease: string, message: Said): Promise<void> {
    await this.worker.say({ ...message, lease } as SentMessage);
  }

  /** What a promise's result is in a form. */
  result(id: string, accept?: string, headers: Record<string, string> = {}): Promise<Response> {
    const all = accept === undefined ? headers : { Accept: accept, ...headers };
    return this.get(`/promises/${id}/result`, all);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]();
  }
}

/** Starts a server and its worker. */
export async function api(
  options: Partial<HeartyOptions> = {},
  hello: Partial<SentHello> = {},
): Promise<Api> {
  const fixture = await hearty(options);
  return new Api(fixture, await fixture.worker(hello), options.basePath?.replace(/\/$/, "") ?? "");
}

/** An `item` message of a value: bytes come with the type of PNG. */
export function itemOf(value: unknown, seq: number): Said {
  return value instanceof Uint8Array
    ? { type: "item", seq, contentType: "image/png", body: value }
    : { type: "item", seq, value };
}

/** Bytes, or a text as UTF-8. */
export function bytesOf(body: Uint8Array | string): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

/** The lines of an NDJSON body as values. */
export async function linesOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  assert.ok(text.endsWith("\n"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** An answer that is a problem, checked for what all of them are. */
export async function problemOf(
  response: Response,
  status: number,
  name: string,
): Promise<ProblemDocument> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = JSON.parse(text) as ProblemDocument;
  assert.ok(problem.type.endsWith(`/problems/${name}`), text);
  assert.equal(problem.status, status);
  for (const member of [problem.title, problem.detail, problem.instance]) {
    assert.equal(typeof member, "string");
    assert.notEqual(member, "");
  }
  return problem;
}

/** An event of a stream of events. */
export interface SentEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: Record<string, unknown>;
}

/** The events of a body, comments and `retry` left out. */
export function eventsOf(text: string): SentEvent[] {
  return text.split("\n\n").filter((block) => block.startsWith("event:")).map((block) => {
    const fields = new Map(
      block.split("\n").map((line): [string, string] => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    return {
      event: fields.get("event")!,
      id: fields.get("id") ?? null,
      data: JSON.parse(fields.get("data")!),
    };
  });
}

/** Reads a body while it comes. */
export class BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  /** All that has come. */
  text = "";
  /** Whether the body is over. */
  isEnd = false;

  constructor(response: Response) {
    this.#reader = response.body!.getReader();
    this.#pull();
  }

  #pull(): void {
    this.#reader.read().then(({ done, value }) => {
      if (done) this.isEnd = true;
      else {
        this.text += this.#decoder.decode(value, { stream: true });
        this.#pull();
      }
    }, () => {
      this.isEnd = true; // A body that was left ends so.
    });
  }

  /** The reader leaves. */
  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}
