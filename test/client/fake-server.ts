// A server in memory for the client: an event stream that can be cut anywhere, and a clock that knows no waiting.

import type { Clock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { type ClientOptions, createClient, type HeartyClient } from "../../src/client/mod.ts";

/** What the client sent. */
export interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: BodyInit | null | undefined;
  readonly signal: AbortSignal | null | undefined;
}

/** A client, and what it does. */
export interface Fixture {
  readonly client: HeartyClient;
  readonly sent: readonly Sent[];
  /** The pauses it made, in ms. */
  readonly pauses: readonly number[];
  /** Lets its patience with a silent server end. */
  readonly endSilence: () => void;
}

/** Longer timers are those that wait for a server; shorter ones are pauses, and are over at once. */
const PAUSE_MS_MAX = 20_000;

/** A client whose requests `answer` answers. */
export function fakeServer(
  answer: (sent: Sent) => Response | Promise<Response>,
  options: Partial<ClientOptions> = {},
): Fixture {
  const sent: Sent[] = [];
  const pauses: number[] = [];
  const silences = new Set<() => void>();
  const clock: Clock = {
    now: () => ({ wall: 0, mono: 0 }),
    timer(at, fire) {
      if (at > PAUSE_MS_MAX) {
        silences.add(fire);
        return () => void silences.delete(fire);
      }
      pauses.push(at);
      queueMicrotask(fire);
      return () => {};
    },
  };
  const client = createClient({
    url: "http://server/base",
    clock,
    random: seededRandom(1),
    fetch(url, { method = "GET", headers, body, signal }) {
      const { pathname, search } = new URL(url);
      const request = {
        method,
        target: pathname + search,
        headers: new Headers(headers),
        body,
        signal,
      };
      sent.push(request);
      return Promise.resolve(answer(request));
    },
    ...options,
  });
  return { client, sent, pauses, endSilence: () => silences.forEach((fire) => fire()) };
}

/** A JSON answer. */
export function json(value: unknown, init: ResponseInit = {}): Response {
  return Response.json(value, init);
}

/** A problem document as an answer. */
export function problem(code: string, status: number, init: ResponseInit = {}): Response {
  const document = {
    type: `http://server/base/problems/${code}`,
    title: code,
    status,
    detail: `Said ${code}`,
  };
  return Response.json(document, { ...init, status });
}

/** How a stream ends when its text is over: in order, cut, or not at all until the request is given up. */
export type Ending = "close" | "cut" | { readonly hangUntil: AbortSignal };

/** An event stream that says `text`, in pieces of `pieceBytes`. */
export function events(text: string, ending: Ending = "close", pieceBytes = 1_000_000): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) {
        controller.enqueue(bytes.slice(at, at += pieceBytes));
        return Promise.resolve();
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = (act: () => void) => {
        act();
        resolve();
      };
      if (ending === "close") end(() => controller.close());
      else if (ending === "cut") end(() => controller.error(new TypeError("Connection reset")));
      else {
        const { hangUntil } = ending;
        hangUntil.addEventListener("abort", () => end(() => controller.error(hangUntil.reason)));
      }
      return promise;
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

/** One event as text. */
export function event(name: string, data: unknown, id?: string | number): string {
  return `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${
    JSON.stringify(data)
  }\n\n`;
}

/** What a status event shows, as far as clients look. */
export const PENDING = {
  state: "pending",
  phase: "queued",
  position: null,
  worker: null,
  waitingFor: null,
  progress: null,
};

/** A whole stream of values from `from` on, with its end. */
export function streamText(values: readonly unknown[], from = 0): string {
  const items = values.map((value, seq) => event("item", { seq, value }, seq)).slice(from);
  const end = event("fulfilled", { end: "fulfilled", items: values.length }, "end");
  return [": hello\n\n", event("status", PENDING), ...items, end].join("");
}
