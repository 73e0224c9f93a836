// The job board, one job of it, kinds and workers.

import { assert, test } from "../harness/test.ts";
import { type Api, api, problemOf } from "./api.ts";

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly next: string | null;
}

async function list(server: Api, path: string): Promise<Page> {
  const response = await server.get(path);
  assert.equal(response.status, 200, path);
  return await response.json();
}

async function idsOf(server: Api, query: string): Promise<unknown[]> {
  return (await list(server, `/jobs?${query}`)).items.map(({ id }) => id);
}

test("the board is newest first, page by page", async () => {
  await using server = await api({}, { concurrency: 1 });
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.unshift((await server.job()).id);
  const pages: unknown[][] = [];
  let cursor = "";
  do {
    const { items, next } = await list(server, `/jobs?limit=2${cursor}`);
    pages.push(items.map(({ id }) => id));
    cursor = next === null ? "" : `&cursor=${next}`;
  } while (cursor !== "");
  assert.deepEqual(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  assert.deepEqual(await idsOf(server, "order=oldest"), ids.toReversed());
  assert.deepEqual(await idsOf(server, "order=newest&limit=1"), [ids[0]]);
});

test("the board is filtered, and a repeated filter means or", async () => {
  await using server = await api({}, {
    concurrency: 1,
    kinds: [{ kind: "price" }, { kind: "risk" }],
  });
  const post = async (kind: string, query: string) => (await server.job(null, { kind, query })).id;
  const a = await post("price", "owner=alice&queue=q1&tag=t1");
  const b = await post("risk", "owner=bob&queue=q2&tag=t2");
  const c = await post("price", "owner=carol&delay=1h");
  const wanted: Record<string, unknown[]> = {
    "kind=risk": [b],
    "kind=price": [c, a],
    "kind=price&kind=risk": [c, b, a],
    "owner=alice&owner=bob": [b, a],
    "queue=q2": [b],
    "tag=t1&tag=t2": [b, a],
    "phase=running": [a],
    "phase=queued&phase=delayed": [c, b],
    "state=pending": [c, b, a],
    "state=fulfilled": [],
    "worker=w1": [a],
    "worker=w2": [],
    "kind=price&owner=bob": [],
  };
  for (const [query, ids] of Object.entries(wanted)) {
    assert.deepEqual(await idsOf(server, query), ids, query);
  }
});

test("since is a time, or a duration back, on when a job was created", async () => {
  await using server = await api();
  await server.job();
  await server.fixture.clock.advance(60_000);
  const { id } = await server.job();
  assert.deepEqual(await idsOf(server, "since=30s"), [id]);
  assert.deepEqual(await idsOf(server, "since=2026-01-01T00:00:30Z"), [id]);
  assert.deepEqual(await idsOf(server, "since=2026-01-01T00:00:30Z&order=oldest"), [id]);
  assert.equal((await idsOf(server, "since=1h")).length, 2);
});

test("text searches kind, key, owner, queue, error message and the beginning of the id", async () => {
  await using server = await api();
  const { id, key } = await server.job(null, { query: "owner=alice&queue=Nightly%20run" });
  const error = { message: "No rate for 2031", retryable: false };
  await server.say(server.run().lease, { type: "reject", error });
  await server.fixture.clock.advance(60_000);
  await server.job("1");
  const texts = ["ALICE", "nightly", "rate for 2031", key.slice(7, 20), id.slice(0, 9)];
  for (const text of texts) {
    assert.deepEqual(await idsOf(server, `text=${encodeURIComponent(text)}`), [id], text);
  }
  assert.equal((await idsOf(server, "text=pric")).length, 2);
  assert.deepEqual(await idsOf(server, `text=${id.slice(4, 12)}`), []);
  assert.deepEqual(await idsOf(server, "text=nobody"), []);
});

test("an item of the board is the document without links, and the owner, code and revision", async () => {
  await using server = await api({}, { concurrency: 1 });
  await server.job();
  const { links: _, ...document } = await server.job(null, { query: "owner=alice" });
  const [item] = (await list(server, "/jobs?owner=alice")).items;
  assert.deepEqual(item, { ...document, owner: "alice", waitingCode: "slots", revision: 0 });
});

test("a job has its interests, its history and why it waits", async () => {
  await using server = await api();
  const { id } = await server.job("1", { query: "owner=alice&queue=q" });
  const error = { message: "busy", retryable: true };
  await server.say(server.run().lease, { type: "reject", error });
  const response = await server.get(`/jobs/${id}`);
  assert.equal(response.headers.get("etag"), '"r0"');
  assert.equal(response.headers.get("vary"), "Authorization, Cookie");
  const { interests, history, waiting } = await response.json();
  const at = "2026-01-01T00:00:00.000Z";
  assert.deepEqual(interests, [{ owner: "alice", queue: "q", priority: 5, since: at }]);
  assert.deepEqual(history, [
    { attempt: 1, worker: "w1", startedAt: at, endedAt: at, outcome: "failed", error: "busy" },
  ]);
  assert.equal(waiting.code, "backoff");
  assert.match(waiting.text, /^Attempt 1 failed/);
});

test("kinds are listed by name with what was said of them, page by page", async () => {
  const price = {
    kind: "price",
    version: "2",
    description: "A price",
    input: { type: "object" },
    output: true,
    ttl: "30m",
    failureTtl: 5,
    timeout: "PT1M",
    attempts: 2,
  };
  await using server = await api({}, { kinds: [price, { kind: "analysis" }] });
  const { items, next } = await list(server, "/kinds");
  assert.equal(next, null);
  assert.deepEqual(items.map(({ kind }) => kind), ["analysis", "price"]);
  assert.deepEqual(items[1], {
    ...price,
    workers: 1,
    paused: false,
    maxRunning: null,
    ttl: 1_800,
    timeout: 60,
    revision: 0,
  });
  const first = await list(server, "/kinds?limit=1");
  assert.equal(first.next, "analysis");
  const second = await list(server, `/kinds?limit=1&cursor=${first.next}`);
  assert.deepEqual([second.items[0]!.kind, second.next], ["price", null]);
});

test("workers are listed by name with what they run, page by page", async () => {
  await using server = await api({}, { name: "w2", concurrency: 2, labels: { zone: "a" } });
  const { id } = await server.job(null, { query: "owner=alice" });
  await server.say(server.run().lease, { type: "progress", fraction: 0.5 });
  await server.fixture.worker({ name: "w1" });
  const { items } = await list(server, "/workers");
  assert.deepEqual(items.map(({ name }) => name), ["w1", "w2"]);
  const at = "2026-01-01T00:00:00.000Z";
  const { id: session, ...worker } = items[1]!;
  assert.equal(typeof session, "string");
  assert.deepEqual(worker, {
    name: "w2",
    state: "active",
    address: "127.0.0.1",
    connectedAt: at,
    heartbeatAgeMs: 0,
    graceEndsAt: null,
    concurrency: 2,
    busy: 1,
    kinds: ["price"],
    labels: { zone: "a" },
    running: [{ promise: id, kind: "price", owner: "alice", startedAt: at, fraction: 0.5 }],
    done: 0,
    failed: 0,
    lost: 0,
  });
  const first = await list(server, "/workers?limit=1");
  assert.equal(first.next, "w1");
  const second = await list(server, `/workers?limit=1&cursor=${first.next}`);
  assert.deepEqual([second.items[0]!.name, second.next], ["w2", null]);
});

test("a worker whose connection broke is listed until its grace ends", async () => {
  await using server = await api({ graceMs: 30_000 });
  await server.job();
  await server.worker.cut();
  const [worker] = (await list(server, "/workers")).items;
  assert.deepEqual([worker!.state, worker!.graceEndsAt], ["broken", "2026-01-01T00:00:30.000Z"]);
  await server.fixture.clock.advance(30_000);
  assert.deepEqual((await list(server, "/workers")).items, []);
});

test("a job that expired is on no board", async () => {
  await using server = await api({ ttlMs: 1_000 });
  const id = await server.value("v");
  assert.deepEqual(await idsOf(server, ""), [id]);
  await server.fixture.clock.advance(1_000);
  assert.deepEqual(await idsOf(server, ""), []);
  await problemOf(await server.get(`/jobs/${id}`), 404, "not-found");
});
