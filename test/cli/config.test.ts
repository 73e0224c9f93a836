import { z } from "zod";
import { parseArguments, UsageError } from "../../src/cli/args.ts";
import { checkOptions, configSchema, gather } from "../../src/cli/config.ts";
import {
  choice,
  duration,
  durationText,
  flag,
  integer,
  option,
  size,
  text,
  url,
} from "../../src/cli/options.ts";
import { assert, test } from "../harness/test.ts";
import { fakeRuntime, type Surroundings } from "./fake-runtime.ts";

const info = { value: "X", help: "something" };
const table = z.strictObject({
  port: option(integer(0, 65_535).default(8080), info),
  "max-item": option(size().prefault("16MiB"), info),
  grace: option(duration().prefault("30s"), info),
  ttl: option(durationText().optional(), info),
  policy: option(choice(["fair", "fifo"]).default("fair"), info),
  server: option(url("http", "https").default("http://127.0.0.1:8080"), info),
  token: option(z.string().regex(/^[a-z]+$/, "letters").optional(), { ...info, isSecret: true }),
  tag: option(z.array(text()).default([]), info),
  json: flag(false, { help: "as JSON" }),
});
const other = z.strictObject({ concurrency: option(integer(1, 9).optional(), info) });

async function read(words: string[], surroundings: Surroundings = {}) {
  const args = parseArguments(table, words);
  const given = await gather(fakeRuntime(surroundings), args, { own: table, all: [table, other] });
  return checkOptions(table, given);
}

async function refused(words: string[], surroundings: Surroundings, message: RegExp) {
  await assert.rejects(read(words, surroundings), (error) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.match(error.message, message);
    return true;
  });
}

test("what nobody gives has the table's default", async () => {
  assert.deepEqual(await read([]), {
    port: 8080,
    "max-item": 16 * 2 ** 20,
    grace: 30_000,
    policy: "fair",
    server: "http://127.0.0.1:8080",
    tag: [],
    json: false,
  });
});

test("the command line goes before the environment, and that before the file", async () => {
  const files = { "h.json": '{"port": 1, "grace": 5, "tag": ["a"], "json": true}' };
  const env = { HEARTY_PORT: "2", HEARTY_GRACE: "6s", HEARTY_CONFIG: "h.json", HEARTY_TAG: "b, c" };
  const options = await read(["--port", "3", "--no-json"], { files, env });
  assert.equal(options.port, 3);
  assert.equal(options.grace, 6_000);
  assert.deepEqual(options.tag, ["b", "c"]);
  assert.equal(options.json, false);
  assert.equal((await read(["--config", "h.json"], { files })).grace, 5_000);
});

test("a variable that is empty counts as not set", async () => {
  assert.equal((await read([], { env: { HEARTY_PORT: "" } })).port, 8080);
});

test("a value of the wrong form is refused, with where it came from and what was wanted", async () => {
  await refused(
    ["--port", "65536"],
    {},
    /^Cannot use --port 65536: wanted a whole number from 0 to 65535$/,
  );
  await refused(["--port", "x"], {}, /^Cannot use --port "x": wanted a whole number/);
  await refused(["--port", "1.5"], {}, /^Cannot use --port "1.5"/);
  await refused(["--ttl", "-1"], {}, /^Cannot use --ttl "-1": wanted a duration such as/);
  await refused(["--grace", "soon"], {}, /^Cannot use --grace "soon": wanted a duration such as/);
  await refused(["--max-item", "16MB"], {}, /^Cannot use --max-item "16MB": wanted a size such as/);
  await refused(["--max-item", "0"], {}, /^Cannot use --max-item "0": wanted a size/);
  await refused(["--policy", "lifo"], {}, /^Cannot use --policy "lifo": wanted fair or fifo$/);
  await refused(
    ["--server", "localhost:1"],
    {},
    /wanted an address that begins with http:\/\/ or https:\/\/$/,
  );
  await refused(["--tag="], {}, /^Cannot use --tag \[""\]: wanted a text that is not empty$/);
  await refused(
    [],
    { env: { HEARTY_JSON: "yes" } },
    /^Cannot use HEARTY_JSON "yes": wanted true or false$/,
  );
});

test("a secret is not shown", async () => {
  await refused(["--token", "S3CRET"], {}, /^Cannot use --token: wanted letters$/);
});

test("a file's values must have the JSON type of the option", async () => {
  const file = (content: string) => ({
    files: { "h.json": content },
    env: { HEARTY_CONFIG: "h.json" },
  });
  await refused(
    [],
    file('{"port": "1"}'),
    /^Cannot use "port" of h.json "1": wanted a whole number/,
  );
  for (const value of ["null", "true", "[]", "{}", "1.5", '"x"', "-1"]) {
    await refused([], file(`{"port": ${value}}`), /^Cannot use "port" of h.json/);
  }
  for (const value of ["null", "true", "[]", "{}", "-1", '""']) {
    await refused([], file(`{"grace": ${value}}`), /^Cannot use "grace" of h.json/);
    await refused([], file(`{"max-item": ${value}}`), /^Cannot use "max-item" of h.json/);
  }
  for (const value of ["null", "1", '"true"', "[]", "{}"]) {
    await refused([], file(`{"json": ${value}}`), /^Cannot use "json" of h.json/);
  }
  for (const value of ["null", "1", "{}", "[1]", '""']) {
    await refused([], file(`{"tag": ${value}}`), /^Cannot use "tag" of h.json/);
  }
});

test("a list in a file may be the text of its only member", async () => {
  const files = { "h.json": '{"tag": "a"}' };
  assert.deepEqual((await read(["--config", "h.json"], { files })).tag, ["a"]);
});

test("a file must be a JSON object that knows its names", async () => {
  const file = (content: string) => ({
    files: { "h.json": content },
    env: { HEARTY_CONFIG: "h.json" },
  });
  for (const content of ["", "{", "[]", "null", "1", '"x"', "\ufffe"]) {
    await refused([], file(content), /^Cannot read the configuration "h.json": /);
  }
  await refused([], { env: { HEARTY_CONFIG: "none" } }, /there is no such file$/);
  await refused([], file('{"prot": 1}'), /^Unknown option "prot" in h.json: did you mean port\?$/);
  await refused([], file('{"config": "x"}'), /^Unknown option "config" in h.json/);
});

test("a file may hold the options of other commands, and name its schema", async () => {
  const files = { "h.json": '\ufeff{"$schema": "x", "concurrency": 5, "port": 9}' };
  assert.equal((await read(["--config", "h.json"], { files })).port, 9);
});

test("the schema of the file holds the options of all commands, with their defaults", () => {
  const twice = z.strictObject({
    port: option(z.string(), info),
    json: flag(false, { help: "as JSON" }),
  });
  const { properties, additionalProperties } = configSchema([table, other, twice]) as {
    properties: Record<string, unknown>;
    additionalProperties: boolean;
  };
  assert.equal(additionalProperties, false);
  assert.deepEqual(Object.keys(properties), [
    "$schema",
    "concurrency",
    "grace",
    "json",
    "max-item",
    "policy",
    "port",
    "server",
    "tag",
    "token",
    "ttl",
  ]);
  assert.deepEqual(properties.grace, {
    default: "30s",
    description: "something",
    type: ["string", "number"],
  });
  assert.deepEqual(Object.keys(properties.port as object), ["anyOf"]);
});
