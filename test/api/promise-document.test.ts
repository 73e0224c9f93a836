// The promise document: what it says, how it is waited for, changed and withdrawn from.

import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { type Api, api, problemOf } from "./api.ts";

function patch(
  server: Api,
  id: string,
  body: unknown,
  { query = "", headers = {} }: { query?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return server.send(`/promises/${id}${query}`, { method: "PATCH", headers, body: text });
}

function withdraw(server: Api, id: string, query = ""): Promise<Response> {
  return server.send(`/promises/${id}${query}`, { method: "DELETE" });
}

async function tagOf(server: Api, id: string): Promise<string> {
  return (await server.get(`/promises/${id}`)).headers.get("etag")!;
}

test("a document of a running job says all there is", async () => {
  await using server = await api();
  const { id } = await server.job('{"a":1}', { query: "tag=t&queue=nightly&priority=8" });
  const { lease } = server.run();
  await server.say(lease, { type: "progress", fraction: 0.4, message: "path 4 of 10" });
  await server.say(lease, { type: "item", seq: 0, value: 1 });
  const { key, links, ...document } = await server.document(id);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(key, /^sha256:[0-9a-f]{64}$/);
  assert.equal(links.self, `/promises/${id}`);
  assert.deepEqual(document, {
    id,
    kind: "price",
    state: "pending",
    phase: "running",
    owners: 1,
    priority: 8,
    queue: "nightly",
    createdAt: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-01-01T00:00:00.000Z",
    settledAt: null,
    expiresAt: null,
    attempt: 1,
    attempts: 3,
    worker: "w1",
    position: null,
    waitingFor: null,
    progress: { fraction: 0.4, message: "path 4 of 10" },
    input: { type: "application/json", bytes: 7 },
    result: null,
    items: 1,
    error: null,
    tags: ["t"],
  });
});

test("a document of a queued job says why it does not start, and how many go before it", async () => {
  await using server = await api({}, { concurrency: 1 });
  for (let n = 0; n < 2; n++) await server.job();
  const { phase, position, waitingFor } = await server.job();
  assert.deepEqual([phase, position], ["queued", 1]);
  assert.match(waitingFor!, /The one slot .* is taken/);
  await server.worker.cut();
  await server.fixture.clock.advance(30_000);
  const lonely = await server.job();
  assert.equal(lonely.waitingFor, 'No connected worker offers kind "price"');
});

test("a document of a fulfilled promise has the result's type and length", async () => {
  await using server = await api();
  const { state, phase, result, error, settledAt, expiresAt } = await server.document(
    await server.value(Uint8Array.of(1, 2, 3), "image/png"),
  );
  assert.deepEqual([state, phase, error], ["fulfilled", null, null]);
  assert.deepEqual(result, { type: "image/png", bytes: 3 });
  assert.equal(settledAt, "2026-01-01T00:00:00.000Z");
  assert.equal(expiresAt, "2026-01-01T01:00:00.000Z");
});

test("a document of a rejected promise has the error", async () => {
  await using server = await api();
  const error = { name: "BadCurve", message: "no", retryable: false, detail: { year: 2031 } };
  const document = await server.document(await server.settle([{ type: "reject", error }]));
  assert.equal(document.state, "rejected");
  assert.deepEqual(document.error, { reason: "failed", ...error });
});

test("a wait holds until the promise is settled", async () => {
  await using server = await api();
  const { id } = await server.job();
  const waits = [
    server.get(`/promises/${id}?wait=10s`),
    server.get(`/promises/${id}`, { Prefer: "wait=10" }),
  ];
  await server.fixture.clock.advance(5_000);
  await server.say(server.run().lease, { type: "fulfill", value: 1 });
  const [query, header] = await Promise.all(waits);
  assert.equal((await query!.json()).state, "fulfilled");
  assert.equal(header!.headers.get("preference-applied"), "wait=10");
  assert.equal((await header!.json()).state, "fulfilled");
});

test("a wait ends when its time is over", async () => {
  await using server = await api();
  const { id } = await server.job();
  const asked = server.get(`/promises/${id}?wait=1.5`);
  await server.fixture.clock.advance(1_500);
  const response = await asked;
  assert.deepEqual([response.status, (await response.json()).state], [200, "pending"]);
});

test("an answer about a promise names it and says that it was there", async () => {
  await using server = await api();
  const id = await server.value("v");
  for (const tail of ["", "/result", "/events", "/input"]) {
    const { headers } = await server.get(`/promises/${id}${tail}`);
    assert.equal(headers.get("hearty-promise"), id);
    assert.equal(headers.get("cache-status"), "hearty; hit");
  }
});

test("who has the document as it is gets 304", async () => {
  await using server = await api();
  const { id } = await server.job();
  const tag = await tagOf(server, id);
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    const response = await server.get(`/promises/${id}`, { "If-None-Match": known });
    assert.deepEqual([response.status, await response.text()], [304, ""]);
    assert.equal(response.headers.get("etag"), tag);
    assert.equal(response.headers.get("vary"), "Authorization, Cookie");
  }
  const other = await server.get(`/promises/${id}`, { "If-None-Match": '"other"' });
  assert.equal(other.status, 200);
});

test("the tag changes with state, phase, attempt, owners, items, tags, error and revision only", async () => {
  await using server = await api({}, { concurrency: 1 });
  await server.job("0");
  const first = server.run();
  const { id } = await server.job("1");
  const seen = new Set([await tagOf(server, id)]);
  const changes = async (what: string, does: () => Promise<unknown>) => {
    await does();
    await settled();
    const tag = await tagOf(server, id);
    assert.ok(!seen.has(tag), what);
    seen.add(tag);
  };
  await changes("owners", () => server.job("1", { query: "owner=bob" }));
  await changes("tags", () => server.job("1", { query: "tag=t" }));
  await changes("revision", () => patch(server, id, { priority: 7 }));
  await changes("phase", () => server.say(first.lease, { type: "fulfill", value: 1 }));
  const { lease } = server.run();
  await changes("items", () => server.say(lease, { type: "item", seq: 0, value: 1 }));
  await server.say(lease, { type: "progress", fraction: 0.5 });
  assert.ok(seen.has(await tagOf(server, id)), "progress");
  const error = { message: "busy", retryable: true };
  await changes("retrying", () => server.say(lease, { type: "reject", error }));
  await changes("attempt", () => server.fixture.clock.advance(60_000));
  const again = server.run();
  await changes("state", () => server.say(again.lease, { type: "fulfill" }));
  await changes("expiry", () => patch(server, id, { ttl: "5h" }));
});

test("a wait with If-None-Match answers when the document changes", async () => {
  await using server = await api();
  const { id } = await server.job();
  const known = { "If-None-Match": await tagOf(server, id) };
  const changed = server.get(`/promises/${id}?wait=10s`, known);
  await settled();
  await server.say(server.run().lease, { type: "item", seq: 0, value: 1 });
  assert.equal((await (await changed).json()).items, 1);
  const now = { "If-None-Match": await tagOf(server, id) };
  const same = server.get(`/promises/${id}?wait=10s`, now);
  await server.fixture.clock.advance(10_000);
  assert.equal((await same).status, 304);
  assert.equal((await server.get(`/promises/${id}?wait=10s`, known)).status, 200);
});

test("the input is given as it was posted", async () => {
  await using server = await api();
  const large = "x".repeat(5_000);
  for (const body of [" [1, 2] ", JSON.stringify(large)]) {
    const { id } = await server.job(body);
    const response = await server.get(`/promises/${id}/input`);
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("content-security-policy"), "sandbox");
    assert.equal(await response.text(), body);
    const known = { "If-None-Match": response.headers.get("etag")! };
    assert.equal((await server.get(`/promises/${id}/input`, known)).status, 304);
  }
});

test("an owner moves its own interest only", async () => {
  await using server = await api();
  const { id } = await server.job("1", { query: "priority=8&owner=alice&queue=a" });
  await server.job("1", { query: "priority=2&owner=bob&queue=b" });
  const response = await patch(server, id, { priority: 3, queue: "c", ttl: "2h" }, {
    query: "?owner=bob",
  });
  assert.equal(response.status, 200);
  assert.equal((await response.json()).queue, "c");
  const { interests } = await (await server.get(`/jobs/${id}`)).json();
  const seen = interests.map(({ owner, queue, priority }: Record<string, unknown>) => {
    return [owner, queue, priority];
  });
  assert.deepEqual(seen, [["alice", "a", 8], ["bob", "c", 3]]);
});

test("a change by somebody without an interest is 404", async () => {
  await using server = await api();
  const { id } = await server.job();
  const options = { query: "?owner=nobody" };
  await problemOf(await patch(server, id, { priority: 3 }, options), 404, "no-interest");
  await problemOf(await withdraw(server, id, "?owner=nobody"), 404, "no-interest");
});

test("a PATCH with a queue in its query touches the interest there only", async () => {
  await using server = await api();
  const { id } = await server.job("1", { query: "queue=a" });
  await server.job("1", { query: "queue=b" });
  assert.equal((await patch(server, id, { priority: 9 }, { query: "?queue=b" })).status, 200);
  const { interests } = await (await server.get(`/jobs/${id}`)).json();
  assert.deepEqual(interests.map((one: { priority: number }) => one.priority), [5, 9]);
  await problemOf(
    await patch(server, id, { priority: 9 }, { query: "?queue=z" }),
    404,
    "no-interest",
  );
});

test("unknown and malformed members of a PATCH are 422 that name them", async () => {
  await using server = await api();
  const { id } = await server.job();
  const bodies: [body: unknown, path: unknown[]][] = [
    [{ nonsense: 1 }, []],
    [{ priority: 10 }, ["priority"]],
    [{ ttl: "soon" }, ["ttl"]],
    [{ queue: "" }, ["queue"]],
    [[], []],
    ["{", []],
  ];
  for (const [body, path] of bodies) {
    const { errors } = await problemOf(await patch(server, id, body), 422, "invalid-body");
    assert.deepEqual(errors!.map((fault) => fault.path), [path], JSON.stringify(body));
  }
});

test("If-Match is honoured, with the document's tag or the revision", async () => {
  await using server = await api();
  const { id } = await server.job();
  const tag = await tagOf(server, id);
  const revision = async () => (await server.get(`/jobs/${id}`)).headers.get("etag")!;
  const change = (match: string) => {
    return patch(server, id, { priority: 6 }, { headers: { "If-Match": match } });
  };
  assert.equal((await change(tag)).status, 200);
  await problemOf(await change(tag), 412, "precondition-failed");
  const current = await revision();
  assert.match(current, /^"r\d+"$/);
  await problemOf(await change(`W/${current}`), 412, "precondition-failed");
  assert.equal((await change(current)).status, 200);
  await problemOf(await change(current), 412, "precondition-failed");
  assert.equal((await change("*")).status, 200);
});

test("of a settled promise only the ttl can be set", async () => {
  await using server = await api();
  const id = await server.value("v");
  const response = await patch(server, id, { ttl: "2h" });
  assert.equal((await response.json()).expiresAt, "2026-01-01T02:00:00.000Z");
  await problemOf(await patch(server, id, { priority: 2 }), 409, "already-settled");
});

test("who withdraws last cancels a running job at its worker", async () => {
  await using server = await api();
  const { id } = await server.job("1", { query: "owner=alice" });
  await server.job("1", { query: "owner=bob" });
  const { lease } = server.run();
  const left = await withdraw(server, id, "?owner=alice");
  assert.deepEqual([left.status, await left.text()], [204, ""]);
  assert.equal((await server.document(id)).owners, 1);
  assert.deepEqual(server.worker.takeAll("cancel"), []);
  await withdraw(server, id, "?owner=bob&reason=enough");
  await settled();
  assert.deepEqual(server.worker.take("cancel"), { type: "cancel", lease, reason: "enough" });
  const { state, error } = await server.document(id);
  assert.deepEqual([state, error!.reason], ["rejected", "cancelled"]);
});

test("a queued job that nobody wants is dropped at once, and can be read", async () => {
  await using server = await api({}, { concurrency: 1 });
  await server.job();
  const { id } = await server.job();
  await withdraw(server, id);
  assert.equal((await server.document(id)).error!.reason, "cancelled");
  await server.say(server.run().lease, { type: "fulfill", value: 1 });
  assert.deepEqual(server.worker.takeAll("run"), []);
});

test("a withdrawal touches all queues of the owner unless one is named", async () => {
  await using server = await api();
  const { id } = await server.job("1", { query: "queue=a" });
  for (const queue of ["b", "c"]) await server.job("1", { query: `queue=${queue}` });
  const queues = async () => {
    const { interests } = await (await server.get(`/jobs/${id}`)).json();
    return interests.map((one: { queue: string }) => one.queue);
  };
  await withdraw(server, id, "?queue=b");
  assert.deepEqual(await queues(), ["a", "c"]);
  await withdraw(server, id);
  assert.equal((await server.document(id)).state, "rejected");
});

test("a withdrawal from a settled promise has no effect, and is no error for who had an interest", async () => {
  await using server = await api();
  const id = await server.value("v");
  assert.equal((await withdraw(server, id)).status, 204);
  assert.equal((await server.document(id)).state, "fulfilled");
  await problemOf(await withdraw(server, id, "?owner=bob"), 404, "no-interest");
});

test("a settled promise is forgotten on demand, a pending one is not", async () => {
  await using server = await api();
  const id = await server.value("v");
  const forget = (which: string) => {
    return server.send(`/promises/${which}/stored?reason=stale`, { method: "DELETE" });
  };
  assert.equal((await forget(id)).status, 204);
  await problemOf(await server.get(`/promises/${id}`), 404, "not-found");
  await problemOf(await forget(id), 404, "not-found");
  await problemOf(await forget((await server.job()).id), 409, "not-settled");
});
