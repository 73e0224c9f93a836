// Requests to one server: address, credentials, and what may come of it. A refusal of the server is a HeartyError,
// silence of the network an UnreachableError.

import { type Clock, systemClock } from "../base/clock.ts";
import { type Random, systemRandom } from "../base/random.ts";
import { HeartyError, refusalOf } from "../wire/problem.ts";

/** How to reach a server. */
export interface ClientOptions {
  /** The server's address, with its base path if it has one: `https://jobs.example.org/hearty`. */
  readonly url: string;
  /** Bearer token; none where the server asks for none, or where a cookie of the browser speaks. */
  readonly token?: string | undefined;
  /** Sends a request; default: the platform's `fetch`. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** Reads the JSON of items and results; default `JSON.parse`. One that keeps every digit can be given here. */
  readonly parse?: ((json: string) => unknown) | undefined;
  /** Times the pauses; default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Spreads the pauses; default: the platform's generator. */
  readonly random?: Random | undefined;
}

/** The server could not be reached, or the connection broke before the answer was complete. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** A request, less what is the same in all. */
export interface Call {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below the base path, escaped: `/promises/…`. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests, and knows how to pause between them. */
export interface Transport {
  /** The answer, whatever its status. @throws {UnreachableError} */
  send(call: Call): Promise<Response>;
  readonly parse: (json: string) => unknown;
  readonly clock: Clock;
  readonly random: Random;
}

/** A transport to a server. @throws {TypeError} if the address is malformed. */
export function createTransport(options: ClientOptions): Transport {
  const base = new URL(options.url);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const send = options.fetch ?? ((url, init) => fetch(url, init));
  const authorization = options.token === undefined
    ? {}
    : { Authorization: `Bearer ${options.token}` };
  return {
    parse: options.parse ?? ((json) => JSON.parse(json)),
    clock: options.clock ?? systemClock(),
    random: options.random ?? systemRandom(),
    async send({ method = "GET", path, query = [], headers = {}, body, signal }) {
      const url = new URL(base.href + path.slice(1));
      for (const [name, value] of query) url.searchParams.append(name, value);
      try {
        return await send(url.href, {
          method,
          headers: { ...authorization, ...headers },
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
        });
      } catch (cause) {
        signal?.throwIfAborted();
        throw new UnreachableError(`Cannot reach ${base.href}`, { cause });
      }
    },
  };
}

/** An answer that no Hearty server gives: there is something else at the address, or in between. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** Sends, and throws what is refused. @throws {HeartyError} @throws {UnreachableError} @throws {AnswerError} */
export async function request(transport: Transport, call: Call): Promise<Response> {
  const response = await transport.send(call);
  if (response.ok) return response;
  const text = await received(response.text());
  const refusal = refusalOf(parseOrNull(text), response.headers.get("Retry-After"));
  if (refusal !== null) throw new HeartyError(refusal);
  const said = `The answer to ${call.path} was ${response.status} ${response.statusText}`.trim();
  // Said by a gateway that does not reach its server.
  if ([502, 503, 504].includes(response.status)) throw new UnreachableError(said);
  throw new AnswerError(`${said}, without a problem document: is this a Hearty server?`);
}

/** Waits for a part of a body. @throws {UnreachableError} if the connection breaks before it has come. */
export async function received<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new UnreachableError("The connection broke in the middle of an answer", { cause });
  }
}

function parseOrNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
