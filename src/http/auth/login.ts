// Logins: a browser shows its token once, and from then on the cookie of a login, since EventSource and links can show
// nothing else.
//
// G1. The cookie holds a random id and nothing of the token; what it stands for is known to this process only.
// G2. A login is worth what its token is worth at that moment: a token that is taken away, or expires, ends it.
// G3. A request that shows a token of its own is judged by that alone, whatever cookies come with it.

import type { Clock, Mono } from "../../base/clock.ts";
import { bearerOf } from "./bearer.ts";
import type { Authenticator } from "./principal.ts";

/** The cookie's name. */
export const LOGIN_COOKIE = "hearty-login";
/** How long a login lasts, in ms. */
export const LOGIN_MS = 12 * 3_600_000;
/** Most logins of one owner; the oldest goes. */
const LOGINS_OF_OWNER_MAX = 100;
/** Most logins of all; the oldest goes. */
const LOGINS_MAX = 5_000;

interface Login {
  readonly owner: string;
  /** A request that shows nothing but the token (G2). */
  readonly credentials: Request;
  readonly endsAt: Mono;
}

/** The logins of a server, in memory. */
export class Logins {
  /** By id, the oldest first: all last equally long. */
  readonly #open: Map<string, Login> = new Map();
  readonly #clock: Clock;
  readonly #unguessable: () => string;

  constructor(clock: Clock, unguessable: () => string) {
    this.#clock = clock;
    this.#unguessable = unguessable;
  }

  /** Begins a login of an owner; answers with its id. */
  begin(owner: string, credentials: Request): string {
    this.#makeRoom(owner);
    const id = this.#unguessable();
    this.#open.set(id, { owner, credentials, endsAt: this.#clock.now().mono + LOGIN_MS });
    return id;
  }

  /** What the login stands for that a request shows; null: it shows none, or it is over, or it is not needed (G3). */
  credentialsOf(request: Request): Request | null {
    if (request.headers.has("authorization") || bearerOf(request) !== null) return null;
    const login = this.#open.get(loginIdOf(request) ?? "");
    return login && login.endsAt > this.#clock.now().mono ? login.credentials : null;
  }

  /** Ends the login that a request shows. */
  end(request: Request): void {
    this.#open.delete(loginIdOf(request) ?? "");
  }

  #makeRoom(owner: string): void {
    const { mono } = this.#clock.now();
    let own = 0;
    for (const [id, login] of this.#open) {
      if (login.endsAt <= mono) this.#open.delete(id);
      else if (login.owner === owner) own++;
    }
    for (const [id, login] of this.#open) {
      if (own < LOGINS_OF_OWNER_MAX) break;
      if (login.owner !== owner) continue;
      this.#open.delete(id);
      own--;
    }
    const oldest = this.#open.keys().next();
    if (this.#open.size >= LOGINS_MAX && !oldest.done) this.#open.delete(oldest.value);
  }
}

/** The same authenticator, which takes logins as well. */
export function withLogins(authenticator: Authenticator, logins: Logins): Authenticator {
  return {
    mode: authenticator.mode,
    identify: (request) => authenticator.identify(logins.credentialsOf(request) ?? request),
  };
}

function loginIdOf({ headers }: Request): string | null {
  for (const pair of headers.get("cookie")?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === LOGIN_COOKIE && value) return value;
  }
  return null;
}
