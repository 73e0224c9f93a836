// A server with tokens, for tests of who may do what.

import { createHash } from "node:crypto";
import { seededRandom } from "../../../src/base/random.ts";
import { createHearty, type Hearty, type HeartyOptions } from "../../../src/hearty.ts";
import { type TokenDoor, tokenDoor } from "../../../src/http/auth/tokens.ts";
import { defineJob } from "../../../src/intake/define-job.ts";
import { ManualClock, settled } from "../../harness/manual-clock.ts";

/** SHA-256 in lower-case hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A tokens file: of each owner its roles; the token is `OWNER-token`. */
export function tokensFile(owners: Record<string, readonly string[]>): string {
  const tokens = Object.entries(owners).map(([owner, roles]) => {
    return { name: owner, hash: `sha256:${sha256(`${owner}-token`)}`, owner, roles };
  });
  return JSON.stringify({ tokens });
}

const OWNERS = {
  alice: ["client"],
  bob: ["client"],
  victor: ["viewer"],
  ada: ["admin"],
  wanda: ["worker"],
};

/** A server that nobody listens for, and what a test does with it. */
export interface Served extends AsyncDisposable {
  readonly hearty: Hearty;
  readonly door: TokenDoor;
  readonly clock: ManualClock;
  /** Sends a request as an owner, by its token. */
  as(owner: string, path: string, init?: RequestInit): Promise<Response>;
  /** Sends a request with these headers only. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** Posts a job of `kind` with input `n` as an owner, and answers with its id. */
  post(owner: string, kind: "waiting" | "square", n: number): Promise<string>;
}

/** Starts it. Jobs of kind `waiting` wait for a worker, those of kind `square` are computed inside. */
export async function served(options: Partial<HeartyOptions> = {}): Promise<Served> {
  const clock = new ManualClock();
  const door = tokenDoor(tokensFile(OWNERS), sha256);
  const hearty = createHearty({
    sha256,
    clock,
    random: seededRandom(1),
    authenticator: door,
    jobs: [
      defineJob({ kind: "waiting" }),
      defineJob({ kind: "square", run: (n) => Number(n) ** 2 }),
    ],
    ...options,
  });
  await hearty.start();
  const send = (path: string, init?: RequestInit) =>
    hearty.fetch(new Request(`http://hearty.test${path}`, init));
  const as = (owner: string, path: string, init: RequestInit = {}) =>
    send(path, { ...init, headers: { ...init.headers, Authorization: `Bearer ${owner}-token` } });
  return {
    hearty,
    door,
    clock,
    as,
    send,
    async post(owner, kind, n) {
      const headers = { "Content-Type": "application/json" };
      const init = { method: "POST", headers, body: String(n) };
      const { id } = await (await as(owner, `/jobs/${kind}`, init)).json();
      for (let turn = 0; turn < 5; turn++) await settled();
      return id;
    },
    [Symbol.asyncDispose]: () => hearty.stop(),
  };
}
