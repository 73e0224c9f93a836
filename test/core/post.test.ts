import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { SMALL_BYTES_MAX } from "../../src/core/promise.ts";
import { assert, test } from "../harness/test.ts";
import { connectCommand, KIND, offerOf, postCommand, Scene } from "./scene.ts";

test("an equal job joins the unfinished promise, another makes its own", () => {
  const scene = new Scene();
  const first = scene.post();
  const { key } = scene.record(first);
  assert.equal(scene.post({ owner: "bob" }, { key }), first);
  assert.notEqual(scene.post(), first);
  assert.equal(scene.record(first).interests.length, 2);
});

test("a job can be joined while it runs and while it is retried", () => {
  const scene = new Scene();
  const on = scene.running();
  const { key } = scene.record(on.promise);
  assert.equal(scene.post({ owner: "bob" }, { key }), on.promise);
  scene.reject(on);
  assert.equal(scene.post({ owner: "cyd" }, { key }), on.promise);
});

test("a settled promise that is still in memory is not joined", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.fulfill(on);
  const again = scene.post({}, { key: scene.record(on.promise).key });
  assert.notEqual(again, on.promise);
  scene.state.release(on.promise);
  assert.equal(scene.state.byKey.get(scene.record(again).key), again);
});

test("a new job takes its kind's defaults where the post says nothing", () => {
  const scene = new Scene();
  scene.step(connectCommand("w1", {
    offers: [offerOf(KIND, { ttlMs: 1_000, timeoutMs: 2_000, attempts: 9 })],
  }));
  const { wishes } = scene.record(scene.post());
  assert.deepEqual([wishes.ttlMs, wishes.timeoutMs, wishes.attempts], [1_000, 2_000, 9]);
  const asked = scene.record(scene.post({ ttlMs: 5, timeoutMs: 6, attempts: 7 })).wishes;
  assert.deepEqual([asked.ttlMs, asked.timeoutMs, asked.attempts], [5, 6, 7]);
});

test("a full queue refuses only what would be new, and says when to come back", () => {
  const scene = new Scene({ limits: { ...DEFAULT_LIMITS, queuedMax: 2 } });
  const first = scene.post();
  scene.post();
  const outcome = scene.step(postCommand("one more"));
  assert.ok(outcome.type === "refused");
  assert.equal(outcome.refusal.refused, "queue-full");
  assert.ok(outcome.refusal.retryMs! > 0);
  assert.equal(scene.post({}, { key: scene.record(first).key }), first);
  scene.post({ owner: "bob" });
  scene.start(first, scene.connect());
  scene.post();
});

test("the tags of all posts that share a promise add up", () => {
  const scene = new Scene();
  const promise = scene.post({}, { tags: ["a"] });
  const { key } = scene.record(promise);
  scene.post({}, { key, tags: ["b", "a"] });
  assert.deepEqual(scene.record(promise).tags, ["a", "b"]);
});

test("when the last interest goes, a queued job is dropped at once and stays readable for its ttl", () => {
  const scene = new Scene();
  const promise = scene.post({ ttlMs: 7_000 });
  scene.step({ type: "withdraw", promise, owner: "ada", queue: null, reason: "enough" });
  const { life, interests } = scene.record(promise);
  assert.ok(life.state === "rejected" && life.error.reason === "cancelled");
  assert.equal(life.expiresAt - life.settledAt, 7_000);
  assert.deepEqual(interests, []);
  assert.equal(scene.effects("unready").length, 1);
});

test("a running job goes on while anybody wants it", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.post({ owner: "bob" }, { key: scene.record(on.promise).key });
  const withdraw = { type: "withdraw", promise: on.promise, queue: null, reason: "" } as const;
  scene.step({ ...withdraw, owner: "ada" });
  assert.deepEqual(scene.effects("cancel"), []);
  scene.step({ ...withdraw, owner: "bob" });
  assert.equal(scene.effects("cancel").length, 1);
});

test("a kill stops a job for everybody and keeps who wanted it", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.step({ type: "kill", promise: on.promise, reason: "it eats the disk" });
  const { life, interests } = scene.record(on.promise);
  assert.ok(life.state === "rejected");
  assert.deepEqual([life.error.reason, life.error.message], ["cancelled", "it eats the disk"]);
  assert.equal(interests.length, 1);
});

test("what is settled is neither moved, withdrawn nor killed", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.fulfill(on);
  const { promise } = on;
  const own = { promise, owner: "ada", queue: null, reason: "", set: {} };
  for (const type of ["move", "withdraw", "kill"] as const) {
    const outcome = scene.step({ type, ...own });
    assert.ok(outcome.type === "refused" && outcome.refusal.refused === "already-settled");
    assert.deepEqual(scene.last.changes, []);
  }
});

test("starting a job takes it out of the queue by that alone", () => {
  const scene = new Scene();
  scene.running();
  assert.deepEqual(scene.last.effects.map(({ type }) => type), ["started", "wake"]);
});

test("a small input is part of the record, a large one is not", () => {
  const scene = new Scene();
  const body = new Uint8Array(SMALL_BYTES_MAX + 1);
  const run = { contentType: "a/b", body, isValue: false };
  const large = scene.post({}, { input: run, run });
  assert.equal(scene.record(large).input, null);
  const small = scene.post();
  assert.equal(new TextDecoder().decode(scene.record(small).input!.posted.body), '"job 1"');
});
