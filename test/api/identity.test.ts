// Same job, same promise: which posts share one, and what is refused because it has no one meaning.

import { encode } from "../../src/base/msgpack.ts";
import { assert, test } from "../harness/test.ts";
import { type Api, api, problemOf } from "./api.ts";

const SCHEMA = {
  type: "object",
  properties: { n: { type: "number" }, digits: { type: "integer", default: 3 } },
  required: ["n"],
};
const WITH_SCHEMA = { kinds: [{ kind: "price", input: SCHEMA }] };

function typed(type: string) {
  return { headers: { "Content-Type": type } };
}

async function idOf(
  server: Api,
  body: string | Uint8Array<ArrayBuffer>,
  type = "application/json",
  query?: string,
): Promise<string> {
  const response = await server.post(body, { ...typed(type), ...(query && { query }) });
  assert.equal(response.status, 202);
  return (await response.json()).id;
}

test("key order, white space and the spelling of numbers do not matter", async () => {
  await using server = await api();
  const id = await idOf(server, '{"a":1,"b":[100,0.5]}');
  assert.equal(await idOf(server, ' { "b" : [1e2, 5E-1], "a" : 1.0 } '), id);
  assert.equal(await idOf(server, '{"a":1,"b":[100,0.5]}', "application/json; charset=utf-8"), id);
  assert.notEqual(await idOf(server, '{"a":1,"b":[100,0.6]}'), id);
});

test("MessagePack that JSON can say is the same job as that JSON", async () => {
  await using server = await api();
  const id = await idOf(server, '{"a":[1,null]}');
  const packed = encode({ a: [1, null] }).slice();
  for (const type of ["application/msgpack", "application/vnd.msgpack", "application/x-msgpack"]) {
    assert.equal(await idOf(server, packed, type), id);
  }
});

test("other types are the same with the same media type and bytes", async () => {
  await using server = await api();
  const id = await idOf(server, "a", "text/plain; charset=UTF-8; x=1");
  assert.equal(await idOf(server, "a", "Text/Plain;x=1;charset=utf-8"), id);
  assert.notEqual(await idOf(server, "a", "text/plain;x=2;charset=utf-8"), id);
  assert.notEqual(await idOf(server, "b", "text/plain; charset=UTF-8; x=1"), id);
});

test("a JSON type of another name is canonical JSON and the name", async () => {
  await using server = await api();
  const id = await idOf(server, '{"a":1,"b":2}', "application/geo+json");
  assert.equal(await idOf(server, '{"b":2,"a":1.0}', "application/geo+json"), id);
  assert.notEqual(await idOf(server, '{"a":1,"b":2}'), id);
});

test("integers beyond 2^53 do not collide, and reach the worker byte for byte", async () => {
  await using server = await api();
  const ids = new Set<string>();
  for (const n of ["9007199254740991", "9007199254740992", "9007199254740993"]) {
    ids.add(await idOf(server, `{"n":${n}}`));
  }
  assert.equal(ids.size, 3);
  await idOf(server, '{"n": 9007199254740993 }');
  const inputs = server.worker.takeAll("run").map(({ input }) => "body" in input && input.body);
  assert.ok(
    inputs.some((body) => body && new TextDecoder().decode(body) === '{"n":9007199254740993}'),
  );
});

test("two spellings of one double are one job", async () => {
  await using server = await api();
  assert.equal(await idOf(server, "[0.1]"), await idOf(server, "[0.1000000000000000055]"));
});

test("JSON without one meaning is 422 that says where", async () => {
  await using server = await api();
  const inputs: [body: string | Uint8Array<ArrayBuffer>, path: unknown[]][] = [
    ["", []],
    ["{", []],
    ["1 2", []],
    ['{"x":{"a":1,"a":2}}', ["x", "a"]],
    ['["\\ud800"]', [0]],
    ['{"n":1e400}', ["n"]],
    [Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), [0]],
  ];
  for (const [body, path] of inputs) {
    const { errors } = await problemOf(await server.post(body), 422, "invalid-input");
    assert.deepEqual(errors!.map((fault) => fault.path), [path], String(body));
    assert.ok(errors![0]!.message.length > 0);
  }
  const deep = "[".repeat(1_001) + "]".repeat(1_001);
  await problemOf(await server.post(deep), 422, "invalid-input");
  assert.equal((await server.post(deep.slice(1, -1))).status, 202);
});

test("MessagePack with a name twice or bytes behind it is 422", async () => {
  await using server = await api();
  const twice = [0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2];
  for (const bytes of [twice, [1, 2], [0xc1]]) {
    const response = await server.post(Uint8Array.from(bytes), typed("application/msgpack"));
    await problemOf(response, 422, "invalid-input");
  }
});

test("a body in a content coding is 415, but for identity", async () => {
  await using server = await api();
  const coded = (coding: string) => server.post("1", { headers: { "Content-Encoding": coding } });
  await problemOf(await coded("gzip"), 415, "unsupported-media-type");
  assert.equal((await coded("identity")).status, 202);
});

test("an input without a type, or empty, is any bytes", async () => {
  await using server = await api();
  const empty = await server.send("/jobs/price", { method: "POST" });
  assert.deepEqual((await empty.json()).input, { type: "application/octet-stream", bytes: 0 });
  const body = Uint8Array.of(1, 2);
  const untyped = await server.send("/jobs/price", { method: "POST", body });
  assert.deepEqual((await untyped.json()).input, { type: "application/octet-stream", bytes: 2 });
});

test("with a schema, a default spelled out and one left out are one job", async () => {
  await using server = await api({}, WITH_SCHEMA);
  const id = await idOf(server, '{ "n": 1 }');
  assert.equal(await idOf(server, '{"digits":3,"n":1}'), id);
  assert.notEqual(await idOf(server, '{"digits":4,"n":1}'), id);
  assert.notEqual(await idOf(server, '{"extra":0,"n":1}'), id);
});

test("with a schema, the worker gets the parsed input and /input gives the posted bytes", async () => {
  await using server = await api({}, WITH_SCHEMA);
  const { id } = await server.job('{ "n": 1 }');
  const { input } = server.run();
  assert.deepEqual("value" in input && input.value, { n: 1, digits: 3 });
  assert.equal(await (await server.get(`/promises/${id}/input`)).text(), '{ "n": 1 }');
});

test("with a schema, an input that breaks it is 422 and one that cannot be checked 415", async () => {
  await using server = await api({}, WITH_SCHEMA);
  const { errors } = await problemOf(await server.post('{"n":"x"}'), 422, "invalid-input");
  assert.deepEqual(errors![0]!.path, ["n"]);
  const text = await server.post("x", typed("text/plain"));
  await problemOf(text, 415, "unsupported-media-type");
});

test("an explicit key is the poster's claim that inputs are the same", async () => {
  await using server = await api();
  const json = "application/json";
  const id = await idOf(server, "1", json, "key=a%20b");
  assert.equal(await idOf(server, "2", json, "key=a%20b"), id);
  assert.notEqual(await idOf(server, "1", json), id);
  assert.notEqual(await idOf(server, "1", json, "key=a%20b&owner=bob"), id);
});

test("an explicit key that copies another promise's key does not reach that promise", async () => {
  await using server = await api();
  const { id, key } = await server.job("1");
  assert.match(key, /^sha256:[0-9a-f]{64}$/);
  const copied = await server.job("2", { query: `key=${encodeURIComponent(key)}` });
  assert.notEqual(copied.id, id);
});

test("a failure that is not retryable is given to equal jobs for failureTtl", async () => {
  await using server = await api();
  const { id } = await server.job("1");
  const error = { message: "no", retryable: false };
  await server.say(server.run().lease, { type: "reject", error });
  await server.fixture.clock.advance(20_000);
  const hit = await server.post("1");
  assert.deepEqual([hit.status, (await hit.json()).id], [200, id]);
  assert.equal(hit.headers.get("cache-status"), "hearty; hit; ttl=40");
  await problemOf(
    await server.post("1", { headers: { Prefer: "wait=1" } }),
    424,
    "job-failed",
  );
  await server.fixture.clock.advance(40_000);
  assert.equal((await server.post("1")).status, 202);
  // It can be read as long as any other.
  assert.equal((await server.get(`/promises/${id}`)).status, 200);
});

test("cancelled, timed-out and retryably failed promises are never reused", async () => {
  await using server = await api({}, { concurrency: 10 });
  const cancelled = await server.job("1");
  await server.send(`/promises/${cancelled.id}`, { method: "DELETE" });
  assert.notEqual((await server.job("1")).id, cancelled.id);
  const slow = await server.job("2", { query: "timeout=1s" });
  await server.fixture.clock.advance(1_000);
  assert.notEqual((await server.job("2")).id, slow.id);
  server.worker.takeAll("run");
  const failed = await server.job("3", { query: "attempts=1" });
  const error = { message: "busy", retryable: true };
  await server.say(server.run().lease, { type: "reject", error });
  assert.equal((await server.document(failed.id)).state, "rejected");
  assert.notEqual((await server.job("3")).id, failed.id);
});

test("the version that was first seen last is current, and jobs go only to its workers", async () => {
  await using server = await api({}, { kinds: [{ kind: "price", version: "1" }] });
  const old = await server.job("1");
  server.run();
  const newer = await server.fixture.worker({
    name: "w2",
    kinds: [{ kind: "price", version: "2" }],
  });
  const { id } = await server.job("1");
  assert.notEqual(id, old.id);
  assert.equal(newer.take("run").promise, id);
  assert.deepEqual(server.worker.takeAll("run"), []);
});
