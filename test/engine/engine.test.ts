import { HeartyError } from "../../src/core/problem.ts";
import type { PromiseId, SessionId } from "../../src/core/ids.ts";
import { keyOf, postCommand } from "../core/scene.ts";
import { type Fixture, hearty } from "../harness/hearty.ts";
import { settled } from "../harness/manual-clock.ts";
import { assert, test } from "../harness/test.ts";
import { until } from "../harness/until.ts";

test("a run may leave before its start is durable; a post's answer and an ack may not (E2)", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const release = h.store.holdCommits();
  const posted = watch(h.post("a"));
  await until(() => worker.received.length > 0, "the worker is told to run");
  const { lease } = worker.take("run");
  await worker.say({ type: "fulfill", lease, value: 1 });
  assert.deepEqual(worker.takeAll("ack"), []);
  assert.equal(posted.isDone, false);
  release();
  await until(() => posted.isDone, "the post is answered");
  assert.deepEqual(worker.takeAll("ack"), [{ type: "ack", lease }]);
});

test("a result that is not durable is not given to the next post until it is (E2)", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a");
  const release = h.store.holdCommits();
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
  const posted = watch(h.post("a"));
  await settled();
  assert.equal(posted.isDone, false);
  release();
  const { promise: same, sharing } = await posted.result;
  assert.deepEqual([same, sharing], [promise, "reused"]);
});

test("nothing is computed twice when a post looks a key up in a slow store while the promise settles (E3)", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  // This post's look-up finds nothing, since nothing was posted yet, but it takes its time.
  const release = h.store.holdReads();
  const late = watch(h.post("a"));
  await settled();
  h.engine.run(commandOf("a"));
  await settled();
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
  assert.equal(h.engine.state.promises.size, 1, "it stays for whoever looked before");
  release();
  assert.equal((await late.result).sharing, "reused");
  assert.equal(h.engine.state.promises.size, 0);
  assert.deepEqual(worker.takeAll("run"), []);
});

test("a look-up that finds nothing does not answer from memory what is not durable yet (E2, E3)", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const answerReads = h.store.holdReads();
  const late = watch(h.post("a"));
  await settled();
  h.engine.run(commandOf("a"));
  await settled();
  const release = h.store.holdCommits();
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
  answerReads();
  await settled();
  assert.equal(late.isDone, false);
  release();
  assert.equal((await late.result).sharing, "reused");
});

test("a post that waited for what cannot be reused finds what others have computed meanwhile (E3)", async () => {
  await using h = await hearty();
  const worker = await h.worker({ concurrency: 1 });
  const first = await h.post("a", { attempts: 1 });
  const release = h.store.holdCommits();
  const error = { message: "no", retryable: true };
  await worker.say({ type: "reject", lease: worker.take("run").lease, error });
  const late = watch(h.post("a"));
  await settled();
  // Others make a new promise, which is fulfilled before the late post can go on.
  h.engine.run(commandOf("a"));
  await settled();
  const run = worker.take("run");
  assert.notEqual(run.promise, first.promise);
  await worker.say({ type: "fulfill", lease: run.lease, value: 1 });
  release();
  const { promise, sharing } = await late.result;
  assert.deepEqual([promise as string, sharing], [run.promise, "reused"]);
});

test("a commit that fails refuses the post, and nothing half accepted remains (E4)", async () => {
  await using h = await hearty();
  const before = await h.post("before");
  h.store.failingCommits = 1;
  await assert.rejects(h.post("a"), isUnavailable);
  assert.equal(h.faults.splice(0).length, 1);
  await until(() => h.engine.isWritable, "memory is rebuilt");
  assert.deepEqual([...h.engine.state.promises.keys()], [before.promise]);
  assert.equal(h.engine.current(keyOf("a")), null);
  assert.equal((await h.post("a")).sharing, "created");
});

test("no effect of a failed commit or of a later one runs (E4)", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a");
  const { lease } = worker.take("run");
  h.store.failingCommits = 1;
  worker.sayAtOnce({ type: "item", lease, seq: 0, value: "x" });
  worker.sayAtOnce({ type: "item", lease, seq: 1, value: "y" });
  worker.sayAtOnce({ type: "fulfill", lease });
  await until(() => worker.closed !== null, "the worker is sent away");
  assert.equal(h.faults.splice(0).length, 1);
  assert.deepEqual(worker.takeAll("ack"), []);
  assert.equal(worker.take("bye").retryMs, 0);
  const { items, life } = await h.record(promise);
  assert.deepEqual([items, life.state], [0, "pending"]);
  // It comes back with what it has, and loses nothing.
  const again = h.dial();
  await again.hello({ resume: { session: worker.session, leases: [lease] } });
  for (const seq of [0, 1]) await again.say({ type: "item", lease, seq, value: "x" });
  await again.say({ type: "fulfill", lease });
  assert.equal(again.takeAll("ack").length, 3);
  assert.equal((await h.record(promise)).items, 2);
});

test("a commit whose outcome is unknown refuses the post, and what was written is found again (E4)", async () => {
  await using h = await hearty();
  h.store.unansweredCommits = 1;
  await assert.rejects(h.post("a"), isUnavailable);
  assert.equal(h.faults.splice(0).length, 1);
  await until(() => h.engine.isWritable, "memory is rebuilt");
  assert.equal(h.engine.state.promises.size, 1);
  assert.equal((await h.post("a")).sharing, "joined");
});

test("a result whose commit has an unknown outcome is not computed again if it was written (E4)", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a");
  h.store.unansweredCommits = 1;
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
  await until(() => h.engine.isWritable, "memory is rebuilt");
  assert.equal(h.faults.splice(0).length, 1);
  assert.deepEqual(await h.post("a"), { promise, sharing: "reused", freshMs: 3_600_000 });
});

test("while the store takes nothing, posts are refused without being tried, and then they work again", async () => {
  await using h = await hearty();
  h.store.failingCommits = Infinity;
  await assert.rejects(h.post("a"), isUnavailable);
  await settled();
  assert.equal(h.engine.isWritable, false, "a store that can be read is not enough");
  const { commits } = h.store;
  await assert.rejects(h.post("b"), isUnavailable);
  assert.equal(h.store.commits, commits);
  await h.clock.advance(10_000);
  h.store.failingCommits = 0;
  await h.clock.advance(1_000);
  assert.equal((await h.post("a")).sharing, "created");
  h.faults.splice(0);
});

test("what is stored can be read while the store takes nothing", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a");
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
  h.store.failingCommits = Infinity;
  await assert.rejects(h.post("b"), isUnavailable);
  assert.deepEqual(await h.post("a"), { promise, sharing: "reused", freshMs: 3_600_000 });
  h.store.failingCommits = 0;
  await h.clock.advance(1_000);
  h.faults.splice(0);
});

test("a store that can neither be written nor read for a while is waited for (E4)", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a");
  h.store.failingCommits = 1;
  h.store.failingReads = 3;
  await assert.rejects(h.post("b", {}, { isStoredOnly: false }));
  h.store.failingReads = 3;
  await h.clock.advance(60_000);
  assert.ok(h.engine.isWritable);
  assert.ok(h.engine.state.promises.has(promise));
  h.faults.splice(0);
});

test("a step that fails stores nothing, and memory is rebuilt (E4)", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a");
  const { state } = h.engine;
  const start = {
    type: "start",
    promise: "none" as PromiseId,
    session: "none" as SessionId,
  } as const;
  assert.throws(() => h.engine.run(start), (error) => codeOf(error) === "internal-error");
  assert.equal(h.engine.isWritable, false);
  assert.equal(h.faults.splice(0).length, 1);
  await h.clock.advance(1_000);
  assert.ok(h.engine.isWritable);
  assert.notEqual(h.engine.state, state);
  assert.ok(h.engine.state.promises.has(promise));
});

test("a pin survives a rebuilding, so that the end of an earlier one does not end it (E3)", async () => {
  await using h = await hearty();
  const early = h.engine.pin(keyOf("a"));
  h.store.failingCommits = 1;
  await assert.rejects(h.post("other"), isUnavailable);
  h.faults.splice(0);
  await until(() => h.engine.isWritable, "memory is rebuilt");
  const late = h.engine.pin(keyOf("a"));
  early();
  const worker = await h.worker();
  await h.post("a");
  await worker.say({ type: "fulfill", lease: worker.take("run").lease, value: 1 });
  assert.equal(h.engine.state.promises.size, 1);
  late();
  assert.equal(h.engine.state.promises.size, 0);
});

test("a large input that cannot be read is read again, and the worker gets it then", async () => {
  await using h = await hearty();
  const body = new TextEncoder().encode(JSON.stringify("x".repeat(5_000)));
  const input = { contentType: "application/json", body };
  await h.post("a", {}, { input, run: { ...input, isValue: true } });
  h.store.failingReads = 2;
  const worker = await h.worker();
  assert.deepEqual(worker.takeAll("run"), []);
  await h.clock.advance(2_000);
  assert.deepEqual(worker.take("run").input, {
    contentType: "application/json",
    value: "x".repeat(5_000),
  });
  assert.equal(h.faults.splice(0).length, 2);
});

test("after a restart, holds have the grace; then what nobody else wants is dropped", async () => {
  await using h = await hearty({ graceMs: 30_000 });
  const { promise } = await h.post("a", { isHeld: true });
  await h.post("a", { isHeld: true });
  const lasting = await h.post("b", { isHeld: true });
  await h.post("b");
  const renewed = await h.post("c", { isHeld: true });
  await h.restart();
  await h.clock.advance(20_000);
  await h.post("c", { isHeld: true });
  await h.clock.advance(9_999);
  assert.equal((await h.record(promise)).life.state, "pending");
  await h.clock.advance(1);
  assert.equal((await h.record(promise)).life.state, "rejected");
  assert.equal((await h.record(lasting.promise)).interests[0]!.holds, 0);
  assert.equal((await h.record(renewed.promise)).interests[0]!.holds, 1);
});

test("a rebuilding leaves holds alone: their connections are still there", async () => {
  await using h = await hearty({ graceMs: 30_000 });
  const { promise } = await h.post("a", { isHeld: true });
  h.store.failingCommits = 1;
  await assert.rejects(h.post("b"), isUnavailable);
  h.faults.splice(0);
  await h.clock.advance(60_000);
  assert.equal((await h.record(promise)).life.state, "pending");
});

test("a restart finds unfinished jobs in their order, and a server that stopped takes nothing", async () => {
  await using h = await hearty();
  const names = ["a", "b", "c", "d"];
  const ids: string[] = [];
  for (const name of names) ids.push((await h.post(name)).promise);
  const old = h.engine;
  await h.restart();
  assert.throws(() => old.run(commandOf("e")), isUnavailable);
  const worker = await h.worker();
  assert.deepEqual(worker.takeAll("run").map(({ promise }) => promise), ids);
});

function isUnavailable(error: unknown): boolean {
  return codeOf(error) === "storage-unavailable";
}

function codeOf(error: unknown): string {
  assert.ok(error instanceof HeartyError, String(error));
  return error.code;
}

function watch<T>(result: Promise<T>): { readonly result: Promise<T>; isDone: boolean } {
  const watched = { result, isDone: false };
  const done = () => {
    watched.isDone = true;
  };
  result.then(done, done);
  return watched;
}

function commandOf(name: string): Parameters<Fixture["engine"]["run"]>[0] {
  return postCommand(name, { owner: "bob" });
}
