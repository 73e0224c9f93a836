import fc from "fast-check";
import { isRefusal } from "../../../src/core/problem.ts";
import type { Principal } from "../../../src/http/auth/principal.ts";
import { tokenDoor } from "../../../src/http/auth/tokens.ts";
import { assert, test } from "../../harness/test.ts";
import { sha256, tokensFile } from "./served.ts";

const SEED = 20_261_124;
const door = tokenDoor(tokensFile({ alice: ["client"], ada: ["admin"] }), sha256);

/** Whom a door takes a request for; null: it is refused. */
async function ownerOf(headers: Record<string, string>, of = door): Promise<string | null> {
  const found = await of.identify(new Request("http://hearty.test/jobs", { headers }));
  if (!isRefusal(found)) return found.owner;
  assert.equal(found.refused, "unauthorised");
  return null;
}

function socket(protocols: string): Record<string, string> {
  return { "Upgrade": "websocket", "Sec-WebSocket-Protocol": protocols };
}

test("a bearer token tells whose request it is, however the scheme is spelled", async () => {
  assert.equal(await ownerOf({ Authorization: "Bearer alice-token" }), "alice");
  assert.equal(await ownerOf({ Authorization: "bearer  ada-token" }), "ada");
});

test("a request without a token, with an unknown one or of another scheme is refused", async () => {
  assert.equal(await ownerOf({}), null);
  for (const header of ["Bearer alice-token2", "Bearer", "Basic alice-token", "alice-token"]) {
    assert.equal(await ownerOf({ Authorization: header }), null, header);
  }
});

test("a worker in a browser shows its token as a subprotocol, in base64url", async () => {
  const token = new TextEncoder().encode("alice-token").toBase64({ alphabet: "base64url" });
  const offer = `hearty.v1.json, hearty.bearer.${token.replace(/=+$/, "")}`;
  assert.equal(await ownerOf(socket(offer)), "alice");
  assert.equal(await ownerOf(socket("hearty.v1.json, hearty.bearer.alice-token")), null);
  assert.equal(await ownerOf(socket("hearty.bearer.%%%")), null);
});

test("a subprotocol counts only where a socket is asked for, and never against Authorization", async () => {
  const offer = `hearty.bearer.${btoa("alice-token").replace(/=+$/, "")}`;
  assert.equal(await ownerOf({ "Sec-WebSocket-Protocol": offer }), null);
  assert.equal(await ownerOf({ ...socket(offer), Authorization: "Bearer ada-token" }), "ada");
  assert.equal(await ownerOf({ ...socket(offer), Authorization: "Bearer wrong" }), null);
});

test("an administrator is a client and a viewer as well, but no worker", async () => {
  const request = new Request("http://hearty.test/", {
    headers: { Authorization: "Bearer ada-token" },
  });
  const { roles, priorityMax } = await door.identify(request) as Principal;
  assert.deepEqual([...roles].sort(), ["admin", "client", "viewer"]);
  assert.equal(priorityMax, 9);
});

test("a file that replaces the old one counts from then on", async () => {
  const changing = tokenDoor(tokensFile({ alice: ["client"] }), sha256);
  changing.replace(tokensFile({ bob: ["client"] }));
  assert.equal(await ownerOf({ Authorization: "Bearer alice-token" }, changing), null);
  assert.equal(await ownerOf({ Authorization: "Bearer bob-token" }, changing), "bob");
});

test("a broken file is told, and the old tokens stay", async () => {
  const changing = tokenDoor(tokensFile({ alice: ["client"] }), sha256);
  assert.throws(() => changing.replace('{"tokens": [{}]}'), SyntaxError);
  assert.throws(() => changing.replace(""), SyntaxError);
  assert.equal(await ownerOf({ Authorization: "Bearer alice-token" }, changing), "alice");
});

test("of any tokens, each opens for its owner and nothing else opens", async () => {
  const token = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
  const property = fc.asyncProperty(
    fc.uniqueArray(token, { minLength: 1, maxLength: 6 }),
    token,
    async (tokens, other) => {
      const entries = tokens.map((text, i) => {
        const [name, hash] = [`owner-${i}`, `sha256:${sha256(text)}`];
        return { name, hash, owner: name, roles: ["client"] };
      });
      const many = tokenDoor(JSON.stringify({ tokens: entries }), sha256);
      for (const text of [...tokens, other]) {
        const index = tokens.indexOf(text);
        const wanted = index < 0 ? null : `owner-${index}`;
        assert.equal(await ownerOf({ Authorization: `Bearer ${text}` }, many), wanted);
      }
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 100 });
});
