import { createClient, HeartyError, UnreachableError } from "../../src/client/mod.ts";
import { assert, test } from "../harness/test.ts";
import { events, fakeServer, json, problem } from "./fake-server.ts";

test("post sends JSON with the options as the query, and the token", async () => {
  const { client, sent } = fakeServer(() => json({ id: "1" }, { status: 202 }), { token: "T" });
  const { promise, sharing } = await client.post("price", { spot: 1 }, {
    priority: "high",
    maxAge: 0,
    onlyStored: false,
    tag: ["a", "b"],
    queue: undefined,
  });
  assert.deepEqual(promise, { id: "1" });
  assert.equal(sharing, "created");
  const [request] = sent;
  assert.equal(request!.method, "POST");
  assert.equal(
    request!.target,
    "/base/jobs/price?priority=high&maxAge=0&onlyStored=false&tag=a&tag=b",
  );
  assert.equal(request!.headers.get("Authorization"), "Bearer T");
  assert.equal(request!.headers.get("Content-Type"), "application/json");
  assert.equal(request!.body, '{"spot":1}');
});

test("post sends bytes as they are, with their type", async () => {
  const { client, sent } = fakeServer(() => json({}));
  await client.post("k", new Uint8Array([1, 2]));
  await client.post("k", new Uint8Array([1]), { contentType: "image/png" });
  await client.post("k", new Blob(["x"], { type: "text/csv" }));
  assert.deepEqual(sent.map((s) => s.headers.get("Content-Type")), [
    "application/octet-stream",
    "image/png",
    "text/csv",
  ]);
  assert.deepEqual(sent[0]!.body, new Uint8Array([1, 2]));
  await assert.rejects(client.post("k", undefined), TypeError);
  await assert.rejects(client.post("k", () => 1), TypeError);
});

test("post tells whether the promise was reused, joined or created", async () => {
  const statuses = [
    "hearty; hit; ttl=5",
    "hearty; fwd=miss; collapsed",
    "hearty; fwd=stale; stored",
  ];
  const { client } = fakeServer(() => json({}, { headers: { "Cache-Status": statuses.shift()! } }));
  assert.equal((await client.post("k", 1)).sharing, "reused");
  assert.equal((await client.post("k", 1)).sharing, "joined");
  assert.equal((await client.post("k", 1)).sharing, "created");
});

test("what the server refuses is thrown with its code, its faults and when to come back", async () => {
  const { client } = fakeServer(() =>
    problem("queue-full", 429, { headers: { "Retry-After": "2" } })
  );
  await assert.rejects(client.post("k", 1), (error) => {
    assert.ok(error instanceof HeartyError);
    assert.equal(error.code, "queue-full");
    assert.equal(error.refusal.retryMs, 2_000);
    return true;
  });
});

test("names are escaped, and the base path is kept", async () => {
  const { client, sent } = fakeServer(() => json({}));
  await client.get("a/../b?c");
  assert.equal(sent[0]!.target, "/base/promises/a%2F..%2Fb%3Fc");
});

test("wait asks again until the promise is settled, whatever breaks meanwhile", async () => {
  const answers = [
    () => json({ state: "pending" }),
    () => Promise.reject(new TypeError("Connection refused")),
    () => events("", "cut"),
    () => problem("standby", 503),
    () => json({ state: "rejected" }),
  ];
  const { client, sent } = fakeServer(() => answers.shift()!());
  assert.deepEqual(await client.wait("1"), { state: "rejected" });
  assert.equal(sent.length, 5);
  assert.equal(sent[0]!.target, "/base/promises/1?wait=30s");
});

test("wait ends with its signal", async () => {
  const stop = new AbortController();
  const { client } = fakeServer(({ signal }) => events("", { hangUntil: signal! }));
  const waiting = client.wait("1", { signal: stop.signal });
  await Promise.resolve();
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
});

test("result gives a JSON value, and a Blob where JSON cannot say it", async () => {
  const results = [
    json([1, 2]),
    new Response("PNG", { headers: { "Content-Type": "image/png" } }),
  ];
  const { client } = fakeServer(({ target }) => {
    return target.includes("/result") ? results.shift()! : json({ state: "fulfilled" });
  });
  assert.deepEqual(await client.result("1"), [1, 2]);
  const blob = await client.result("1");
  assert.ok(blob instanceof Blob);
  assert.equal(await blob.text(), "PNG");
});

test("result throws why a promise was rejected", async () => {
  const { client } = fakeServer(({ target }) => {
    return target.includes("/result") ? problem("job-failed", 424) : json({ state: "rejected" });
  });
  await assert.rejects(
    client.result("1"),
    (e) => e instanceof HeartyError && e.code === "job-failed",
  );
});

test("response hands the answer on, unread", async () => {
  const { client, sent } = fakeServer(() =>
    new Response("raw", { headers: { "Content-Type": "x/y" } })
  );
  assert.equal(await (await client.response("1", { accept: "x/y" })).text(), "raw");
  assert.equal(sent[0]!.headers.get("Accept"), "x/y");
});

test("cancel withdraws, in one queue or in all", async () => {
  const { client, sent } = fakeServer(() => new Response(null, { status: 204 }));
  await client.cancel("1");
  await client.cancel("1", { queue: "a b" });
  assert.deepEqual(sent.map((s) => `${s.method} ${s.target}`), [
    "DELETE /base/promises/1",
    "DELETE /base/promises/1?queue=a+b",
  ]);
});

test("a server that cannot be reached is told, and a malformed address at once", async () => {
  const { client } = fakeServer(() => Promise.reject(new TypeError("Connection refused")));
  await assert.rejects(client.get("1"), (error) => {
    return error instanceof UnreachableError &&
      error.message === "Cannot reach http://server/base/";
  });
  assert.throws(() => createClient({ url: "nowhere" }), TypeError);
});
