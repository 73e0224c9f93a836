import { parseTokensFile } from "../../src/wire/tokens-file.ts";
import { assert, test } from "../harness/test.ts";

const HEX = "0123456789abcdef".repeat(4);
const entry = { name: "ci", hash: `sha256:${HEX}`, owner: "alice", roles: ["client"] };

function parse(...tokens: object[]) {
  return parseTokensFile(JSON.stringify({ tokens }));
}

function refused(text: string): string {
  try {
    parseTokensFile(text);
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    return error.message;
  }
  assert.fail("It was taken");
}

test("a token has a name, a hash, an owner, roles and the highest class that it may use", () => {
  const [token] = parse({ ...entry, roles: ["client", "worker"], maxPriority: 8 });
  assert.deepEqual(token, { ...entry, roles: ["client", "worker"], maxPriority: 8 });
});

test("a token that names no highest class may use all", () => {
  assert.equal(parse(entry)[0]!.maxPriority, 9);
});

test("a file without tokens lets nobody in", () => {
  assert.deepEqual(parse(), []);
});

test("what is not spelled as it must be is refused by its place", () => {
  const faults: [string, object][] = [
    ["tokens.0.hash", { ...entry, hash: HEX }],
    ["tokens.0.hash", { ...entry, hash: `sha256:${HEX.toUpperCase()}` }],
    ["tokens.0.hash", { ...entry, hash: `sha256:${HEX}0` }],
    ["tokens.0.owner", { ...entry, owner: "a b" }],
    ["tokens.0.name", { ...entry, name: "" }],
    ["tokens.0.roles", { ...entry, roles: [] }],
    ["tokens.0.roles.0", { ...entry, roles: ["Admin"] }],
    ["tokens.0.maxPriority", { ...entry, maxPriority: 10 }],
    ["tokens.0", { ...entry, token: "secret" }],
  ];
  for (const [place, token] of faults) {
    const message = refused(JSON.stringify({ tokens: [token] }));
    assert.ok(message.startsWith(`Cannot read the tokens file: "${place}": `), message);
  }
  assert.match(refused("[]"), /^Cannot read the tokens file: \w/);
  assert.match(refused('{"tokens":[],"more":1}'), /more/);
});

test("two tokens of one name or one hash are refused", () => {
  const hash = `sha256:${"f".repeat(64)}`;
  assert.match(refused(JSON.stringify({ tokens: [entry, { ...entry, hash }] })), /"tokens.1.name"/);
  const twin = { ...entry, name: "other" };
  assert.match(refused(JSON.stringify({ tokens: [entry, twin] })), /"tokens.1.hash"/);
});

test("no refusal repeats what the file holds", () => {
  const secret = "a-token-that-somebody-wrote-instead-of-its-hash";
  for (
    const text of [
      `{"tokens":[${secret}`,
      JSON.stringify({ tokens: [{ ...entry, hash: secret }] }),
      JSON.stringify({ tokens: [{ ...entry, owner: `${secret} ` }] }),
    ]
  ) {
    assert.ok(!refused(text).includes(secret));
  }
});
