import { isRefusal } from "../../src/core/problem.ts";
import { post } from "../../src/engine/post.ts";
import { forgetNow } from "../../src/engine/sweep.ts";
import { postCommand } from "../core/scene.ts";
import { hearty } from "../harness/hearty.ts";
import type { RawWorker } from "../harness/raw-worker.ts";
import { assert, test } from "../harness/test.ts";

test("a new job is created, an unfinished one joined, a settled one reused with what is left of its time", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const first = await h.post("a", { ttlMs: 600_000 });
  assert.equal(first.sharing, "created");
  assert.deepEqual(await h.post("a"), { ...first, sharing: "joined" });
  await fulfill(worker);
  await h.clock.advance(100_000);
  assert.deepEqual(await h.post("a"), {
    ...first,
    sharing: "reused",
    freshMs: 500_000,
  });
});

test("maxAge refuses a stored result that is too old, and an unfinished job is joined whatever it says", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const first = await h.post("a");
  await fulfill(worker);
  await h.clock.advance(5_000);
  assert.equal((await h.post("a", {}, { maxAgeMs: 5_000 })).sharing, "reused");
  const second = await h.post("a", {}, { maxAgeMs: 4_999 });
  assert.equal(second.sharing, "stale");
  assert.notEqual(second.promise, first.promise);
  assert.equal((await h.post("a", {}, { maxAgeMs: 0 })).sharing, "joined");
});

test("onlyStored runs nothing", async () => {
  await using h = await hearty();
  const request = { command: postCommand("a"), maxAgeMs: null, isStoredOnly: true };
  const refusal = await post(h.engine, request);
  assert.ok(isRefusal(refusal) && refusal.refused === "not-stored");
  assert.equal(h.engine.state.promises.size, 0);
  const { promise } = await h.post("a");
  assert.deepEqual(await post(h.engine, request), { promise, sharing: "joined", freshMs: 0 });
});

test("a failure that is not retryable is reused for its failureTtl, and then the job runs again", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a");
  const { lease } = worker.take("run");
  await worker.say({ type: "reject", lease, error: { message: "no", retryable: false } });
  assert.deepEqual(await h.post("a"), { promise, sharing: "reused", freshMs: 60_000 });
  await h.clock.advance(60_000);
  assert.equal((await h.post("a")).sharing, "created");
});

test("cancelled promises are never reused", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a");
  await h.engine.done({ type: "kill", promise, reason: "" });
  const again = await h.post("a");
  assert.equal(again.sharing, "created");
  assert.notEqual(again.promise, promise);
});

test("equal posts at once get one promise", async () => {
  await using h = await hearty();
  const posts = await Promise.all(Array.from({ length: 20 }, () => h.post("a")));
  assert.equal(new Set(posts.map(({ promise }) => promise)).size, 1);
  assert.equal(posts.filter(({ sharing }) => sharing === "created").length, 1);
});

test("hits with longer ttls that come together add up to the longest", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a", { ttlMs: 1_000 });
  await fulfill(worker);
  const ttls = [100_000, 900_000, 300_000];
  await Promise.all(ttls.map((ttlMs) => h.post("a", { ttlMs })));
  const { life } = await h.record(promise);
  assert.ok(life.state === "fulfilled");
  assert.equal(life.expiresAt - life.settledAt, 900_000);
});

test("a result that is forgotten while a hit wants to keep it is computed again", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const first = await h.post("a");
  await fulfill(worker);
  const forgotten = forgetNow(h.engine, first.promise);
  const again = h.post("a", { ttlMs: 9_000_000 });
  assert.equal(await forgotten, true);
  assert.notEqual((await again).promise, first.promise);
});

test("what workers tell of their progress is forgotten when the attempt ends", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a");
  const { lease } = worker.take("run");
  const { live } = h.hearty.source;
  await worker.say({ type: "progress", lease, fraction: 0.5 });
  await worker.say({ type: "progress", lease, message: "half" });
  assert.deepEqual(live.progress(promise), { fraction: 0.5, message: "half" });
  await worker.say({ type: "reject", lease, error: { message: "no", retryable: true } });
  assert.equal(live.progress(promise), null);
  await h.clock.advance(1_000);
  worker.take("run");
  assert.equal(live.progress(promise), null);
});

async function fulfill(worker: RawWorker): Promise<void> {
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
}
