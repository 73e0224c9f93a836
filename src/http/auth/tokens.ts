// Static bearer tokens: known by their hashes, each with an owner and roles.

import { type Refusal, refuse } from "../../core/problem.ts";
import { parseTokensFile } from "../../wire/tokens-file.ts";
import { bearerOf } from "./bearer.ts";
import { type Authenticator, type Principal, rolesOf } from "./principal.ts";

/** Knows callers by a tokens file. */
export interface TokenDoor extends Authenticator {
  /**
   * From now on the tokens of this file's text count, and no others.
   * @throws {SyntaxError} if the text is no tokens file; the tokens stay as they were.
   */
  replace(contents: string): void;
}

/**
 * Makes the authenticator of a tokens file's text.
 * @throws {SyntaxError} if the text is no tokens file.
 */
export function tokenDoor(contents: string, sha256: (text: string) => string): TokenDoor {
  let tokens = readTokens(contents);
  return {
    mode: "tokens",
    identify(request) {
      const token = bearerOf(request);
      return token === null ? noToken() : find(tokens, sha256(token)) ?? unknownToken();
    },
    replace(next) {
      tokens = readTokens(next);
    },
  };
}

interface Token {
  /** SHA-256 in lower-case hexadecimal. */
  readonly digest: string;
  readonly principal: Principal;
}

function readTokens(contents: string): readonly Token[] {
  return parseTokensFile(contents).map(({ hash, owner, roles, maxPriority }) => ({
    digest: hash.slice("sha256:".length),
    principal: { owner, roles: rolesOf(roles), priorityMax: maxPriority },
  }));
}

/** Looks at every token, found or not: how long it takes tells nothing about them. */
function find(tokens: readonly Token[], digest: string): Principal | null {
  let found: Principal | null = null;
  for (const token of tokens) {
    if (isSameDigest(token.digest, digest)) found = token.principal;
  }
  return found;
}

/** Takes as long wherever two digests differ. */
function isSameDigest(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function noToken(): Refusal {
  return refuse("unauthorised", {
    detail: "Cannot tell who calls: wanted is a bearer token in Authorization, or a login",
  });
}

function unknownToken(): Refusal {
  return refuse("unauthorised", { detail: "Cannot tell who calls: the token is not known" });
}
