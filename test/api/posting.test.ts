// Posting a job: options, answers, and what several posts of one job make of each other.

import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { api, problemOf } from "./api.ts";

const VALUE = { type: "fulfill", value: 42 } as const;
const FAILURE = {
  type: "reject",
  error: { name: "BadCurve", message: "no rate", retryable: false },
} as const;

test("a post is answered with 202, a location and the document as soon as it is accepted", async () => {
  await using server = await api();
  const response = await server.post();
  assert.equal(response.status, 202);
  const document = await response.json();
  assert.equal(response.headers.get("location"), `/promises/${document.id}`);
  assert.equal(response.headers.get("hearty-promise"), document.id);
  assert.equal(response.headers.get("cache-status"), "hearty; fwd=miss; stored");
  assert.match(response.headers.get("retry-after")!, /^\d+$/);
  assert.equal(
    response.headers.get("etag"),
    (await server.get(document.links.self)).headers.get("etag"),
  );
  assert.deepEqual([document.state, document.kind], ["pending", "price"]);
});

test("a post that equals an unfinished job joins it", async () => {
  await using server = await api();
  const { id } = await server.job("[1]");
  const response = await server.post(" [1.0] ", { query: "maxAge=0" });
  assert.equal(response.status, 202);
  assert.equal(response.headers.get("cache-status"), "hearty; fwd=miss; collapsed");
  assert.equal((await response.json()).id, id);
});

test("a post that equals a settled job gets its promise again", async () => {
  await using server = await api();
  const { id } = await server.job("[1]", { query: "ttl=1h" });
  await server.say(server.run().lease, VALUE);
  await server.fixture.clock.advance(60_000);
  const response = await server.post("[1]");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-status"), "hearty; hit; ttl=3540");
  assert.equal(response.headers.get("location"), `/promises/${id}`);
  assert.equal(response.headers.get("retry-after"), null);
  assert.equal((await response.json()).id, id);
});

test("a stored result that is older than maxAge is computed again", async () => {
  await using server = await api();
  const first = await server.job("[1]");
  await server.say(server.run().lease, VALUE);
  await server.fixture.clock.advance(10_000);
  assert.equal((await server.post("[1]", { query: "maxAge=10s" })).status, 200);
  for (const maxAge of ["9s", "0"]) {
    const response = await server.post("[1]", { query: `maxAge=${maxAge}` });
    assert.equal(response.status, 202);
    assert.equal(response.headers.get("cache-status"), "hearty; fwd=stale; stored");
    assert.notEqual((await response.json()).id, first.id);
    await settled();
    await server.say(server.run().lease, VALUE);
    await server.fixture.clock.advance(10_000);
  }
});

test("onlyStored runs nothing", async () => {
  await using server = await api();
  const query = "onlyStored=true";
  await problemOf(await server.post("[1]", { query }), 404, "not-stored");
  const { id } = await server.job("[1]");
  const joined = await server.post("[1]", { query });
  assert.deepEqual([joined.status, (await joined.json()).id], [202, id]);
  await server.say(server.run().lease, VALUE);
  assert.equal((await server.post("[1]", { query })).status, 200);
  assert.deepEqual(server.worker.takeAll("run"), []);
});

test("who waits for a value gets it, negotiated, with where it is", async () => {
  await using server = await api();
  const asked = server.post(null, { headers: { Prefer: "wait=10" } });
  await settled();
  await server.say(server.run().lease, VALUE);
  const response = await asked;
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "42");
  const id = response.headers.get("hearty-promise");
  assert.equal(response.headers.get("content-location"), `/promises/${id}/result`);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("preference-applied"), "wait=10");
  assert.equal(response.headers.get("cache-status"), "hearty; fwd=miss; stored");
  assert.equal(response.headers.get("location"), null);
});

test("who waits for items gets a stream at once", async () => {
  await using server = await api();
  const asked = server.post(null, { headers: { Prefer: "wait=10" } });
  await settled();
  const { lease } = server.run();
  await server.say(lease, { type: "item", seq: 0, value: "a" });
  const response = await asked;
  assert.deepEqual([response.status, response.headers.get("content-type")], [
    200,
    "application/x-ndjson",
  ]);
  await server.say(lease, { type: "fulfill" });
  assert.equal(await response.text(), '{"seq":0,"value":"a"}\n{"end":"fulfilled","items":1}\n');
});

test("who waits for a job that fails gets 424 with the reason", async () => {
  await using server = await api();
  const asked = server.post(null, { headers: { Prefer: "wait=10" } });
  await settled();
  await server.say(server.run().lease, FAILURE);
  const response = await asked;
  assert.match(response.headers.get("hearty-promise")!, /^[0-9a-f-]{36}$/);
  assert.equal(response.headers.get("cache-status"), "hearty; fwd=miss; stored");
  const { detail, error } = await problemOf(response, 424, "job-failed");
  assert.deepEqual([detail, (error as { name: string }).name], ["no rate", "BadCurve"]);
});

test("who waits for a job that times out, is cancelled or lost gets 424 that says so", async () => {
  await using server = await api();
  const headers = { Prefer: "wait=60" };
  const slow = server.post(null, { headers, query: "timeout=1s" });
  await server.fixture.clock.advance(1_000);
  await problemOf(await slow, 424, "job-timed-out");

  const cancelled = server.post("[1]", { headers });
  await settled();
  const { id } = await server.job("[1]");
  await server.send(`/promises/${id}`, { method: "DELETE" });
  await problemOf(await cancelled, 424, "job-cancelled");

  const lost = server.post(null, { headers, query: "attempts=1" });
  await settled();
  await server.worker.cut();
  await server.fixture.clock.advance(30_000);
  await problemOf(await lost, 424, "job-lost");
});

test("who waits until the time is over gets 202 and the document", async () => {
  await using server = await api();
  const asked = server.post(null, { headers: { Prefer: "wait=10" } });
  await server.fixture.clock.advance(10_000);
  const response = await asked;
  assert.equal(response.status, 202);
  assert.equal(response.headers.get("preference-applied"), "wait=10");
  assert.equal((await response.json()).phase, "running");
});

test("the server caps a wait and tells", async () => {
  await using server = await api({ limits: { waitMsMax: 2_000 } });
  const asked = server.post(null, { headers: { Prefer: "wait=3600" } });
  await server.fixture.clock.advance(2_000);
  assert.equal((await asked).headers.get("preference-applied"), "wait=2");
});

test("respond-async answers at once, and with a wait waits first", async () => {
  await using server = await api();
  const async = await server.post(null, { headers: { Prefer: "respond-async" } });
  assert.deepEqual([async.status, async.headers.get("preference-applied")], [202, "respond-async"]);
  const both = server.post(null, { headers: { Prefer: "respond-async, wait=5" } });
  await settled();
  server.run();
  await server.say(server.run().lease, VALUE);
  assert.equal((await both).status, 200);
});

test("a malformed Prefer is ignored", async () => {
  await using server = await api();
  for (const Prefer of ["wait", "wait=x", "wait=-1", ";;", "=", "nonsense", 'wait="1'] as const) {
    const response = await server.post(null, { headers: { Prefer } });
    assert.equal(response.status, 202, Prefer);
    assert.equal(response.headers.get("preference-applied"), null, Prefer);
  }
});

test("options that are unknown, repeated or malformed are 400 and nothing is stored", async () => {
  await using server = await api();
  const long = "x".repeat(513);
  const tags = Array.from({ length: 17 }, (_, i) => `tag=t${i}`).join("&");
  for (
    const query of [
      "wait=5",
      "Priority=5",
      "priority=10",
      "priority=",
      "queue=",
      "queue=+a",
      "ttl=1y",
      "ttl=P1W",
      "timeout=-1",
      "attempts=0",
      "attempts=1&attempts=1",
      "delay=soon",
      "deadline=never",
      "maxAge=",
      "onlyStored=yes",
      "onDisconnect=stay",
      "owner=a%20b",
      "key=",
      `key=${long}`,
      "tag=a%20b",
      tags,
    ]
  ) {
    const { parameter } = await problemOf(
      await server.post(null, { query }),
      400,
      "invalid-parameter",
    );
    assert.equal(parameter, query.slice(0, query.indexOf("=")), query);
  }
  assert.deepEqual((await (await server.get("/jobs")).json()).items, []);
});

test("a malformed name of a kind is 400, an unknown kind 404", async () => {
  await using server = await api();
  for (const kind of ["a%20b", "x".repeat(129)]) {
    await problemOf(await server.post(null, { kind }), 400, "invalid-parameter");
  }
  await problemOf(await server.post(null, { kind: "unheard-of" }), 404, "unknown-kind");
});

test("an input that is too large is 413", async () => {
  await using server = await api({ limits: { inputBytesMax: 100 } });
  assert.equal((await server.post(JSON.stringify("x".repeat(98)))).status, 202);
  await problemOf(await server.post(JSON.stringify("x".repeat(99))), 413, "input-too-large");
});

test("a queue that is full refuses only what would be new", async () => {
  await using server = await api({ limits: { queuedMax: 2 } }, { concurrency: 1 });
  const { id: running } = await server.job("[0]");
  await server.job("[1]");
  const { id } = await server.job("[2]");
  const refused = await server.post("[3]");
  assert.match(refused.headers.get("retry-after")!, /^\d+$/);
  await problemOf(refused, 429, "queue-full");
  assert.equal((await server.job("[2]")).id, id);
  assert.equal((await server.job("[0]")).id, running);
  assert.equal((await server.job("[3]", { query: "owner=somebody" })).owners, 1);
});

test("priorities have numbers and names", async () => {
  await using server = await api();
  for (
    const [name, number] of Object.entries({ background: 2, normal: 5, high: 8, "9": 9, "0": 0 })
  ) {
    assert.equal((await server.job(null, { query: `priority=${name}` })).priority, number);
  }
  assert.equal((await server.job()).priority, 5);
});

test("a delayed job waits until its time", async () => {
  await using server = await api();
  const { id, phase, waitingFor } = await server.job(null, { query: "delay=PT10S" });
  assert.equal(phase, "delayed");
  assert.match(waitingFor!, /delay/);
  await server.fixture.clock.advance(9_999);
  assert.deepEqual(server.worker.takeAll("run"), []);
  await server.fixture.clock.advance(1);
  assert.equal(server.run().promise, id);
});

test("a job is delayed only while all that want it delay it", async () => {
  await using server = await api();
  await server.job("[1]", { query: "delay=1h" });
  assert.deepEqual(server.worker.takeAll("run"), []);
  await server.job("[1]", { query: "owner=bob" });
  assert.equal(server.worker.takeAll("run").length, 1);
});

test("a deadline cancels nothing", async () => {
  await using server = await api();
  const { id } = await server.job(null, { query: "deadline=1s" });
  await server.fixture.clock.advance(10_000);
  assert.equal((await server.document(id)).phase, "running");
});

test("bare seconds may have a fraction", async () => {
  await using server = await api();
  const { id } = await server.job(null, { query: "timeout=0.5" });
  assert.equal(server.run().timeoutMs, 500);
  await server.fixture.clock.advance(500);
  assert.equal((await server.document(id)).error!.reason, "timed-out");
});

test("a timed-out attempt is not retried", async () => {
  await using server = await api();
  const { id } = await server.job(null, { query: "timeout=1s&attempts=5" });
  server.run();
  await server.fixture.clock.advance(1_000);
  assert.deepEqual(server.worker.takeAll("run"), []);
  assert.equal((await server.document(id)).state, "rejected");
});

test("a retryable error is tried again, as often as was asked", async () => {
  await using server = await api();
  const { id } = await server.job(null, { query: "attempts=2" });
  const error = { message: "busy", retryable: true };
  await server.say(server.run().lease, { type: "reject", error });
  const { phase, attempt, attempts } = await server.document(id);
  assert.deepEqual([phase, attempt, attempts], ["retrying", 1, 2]);
  await server.fixture.clock.advance(60_000);
  await server.say(server.run().lease, { type: "reject", error });
  assert.equal((await server.document(id)).error!.message, "busy");
});

test("the most generous limits of all that want a job hold", async () => {
  await using server = await api({}, { concurrency: 1 });
  await server.job();
  server.run();
  const own = "priority=2&timeout=10s&attempts=2&ttl=1m";
  await server.job("[1]", { query: own });
  const { priority, attempts } = await server.job("[1]", {
    query: "priority=7&timeout=20s&attempts=1&ttl=2h&owner=bob",
  });
  assert.deepEqual([priority, attempts], [7, 2]);
  await server.send("/promises/" + (await server.job("[1]", { query: own })).id + "?owner=bob", {
    method: "DELETE",
  });
  const left = await server.job("[1]", { query: own });
  assert.deepEqual([left.priority, left.attempts, left.owners], [2, 2, 1]);
});

test("the same owner posting again with other options moves its interest", async () => {
  await using server = await api();
  await server.job("[1]", { query: "priority=2" });
  const again = await server.job("[1]", { query: "priority=8" });
  assert.deepEqual([again.priority, again.owners], [8, 1]);
});

test("a hit with a longer ttl extends, and never shortens", async () => {
  await using server = await api();
  const { id } = await server.job("[1]", { query: "ttl=10m" });
  await server.say(server.run().lease, VALUE);
  const expiry = async () => {
    const { settledAt, expiresAt } = await server.document(id);
    return (Date.parse(expiresAt!) - Date.parse(settledAt!)) / 1_000;
  };
  assert.equal(await expiry(), 600);
  await server.post("[1]", { query: "ttl=1h" });
  await settled();
  assert.equal(await expiry(), 3_600);
  await server.post("[1]", { query: "ttl=1s" });
  await settled();
  assert.equal(await expiry(), 3_600);
});

test("a hit keeps what it gives for a minute at least", async () => {
  await using server = await api();
  const { id } = await server.job("[1]", { query: "ttl=10s" });
  await server.say(server.run().lease, VALUE);
  await server.fixture.clock.advance(9_000);
  assert.equal((await server.post("[1]")).status, 200);
  await server.fixture.clock.advance(59_000);
  assert.equal((await server.get(`/promises/${id}`)).status, 200);
});

test("a settled promise is gone when its ttl is over, and is computed again", async () => {
  await using server = await api();
  const { id } = await server.job("[1]", { query: "ttl=10s" });
  await server.say(server.run().lease, VALUE);
  await server.fixture.clock.advance(9_999);
  assert.equal((await server.get(`/promises/${id}`)).status, 200);
  await server.fixture.clock.advance(1);
  for (const tail of ["", "/result", "/events", "/input"]) {
    await problemOf(await server.get(`/promises/${id}${tail}`), 404, "not-found");
  }
  const response = await server.post("[1]");
  assert.equal(response.headers.get("cache-status"), "hearty; fwd=miss; stored");
});

test("a kind's own settings are the defaults of its jobs", async () => {
  const kind = { kind: "price", ttl: "10m", failureTtl: 5, timeout: "PT1M", attempts: 7 };
  await using server = await api({}, { kinds: [kind] });
  const { id, attempts } = await server.job();
  const { timeoutMs, lease } = server.run();
  assert.deepEqual([attempts, timeoutMs], [7, 60_000]);
  await server.say(lease, VALUE);
  const { settledAt, expiresAt } = await server.document(id);
  assert.equal(Date.parse(expiresAt!) - Date.parse(settledAt!), 600_000);
});

test("tags of all posts add up, and with those of the worker", async () => {
  await using server = await api();
  await server.job("[1]", { query: "tag=prices:today&tag=b" });
  const { id, tags } = await server.job("[1]", { query: "tag=c&tag=b" });
  assert.deepEqual(tags, ["prices:today", "b", "c"]);
  await server.say(server.run().lease, { type: "fulfill", value: 1, tags: ["d"] });
  assert.deepEqual((await server.document(id)).tags, ["prices:today", "b", "c", "d"]);
});
