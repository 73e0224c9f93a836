// The rules of the worker protocol, through the engine and real conversations; each test is one sentence of them.

import { hearty } from "../harness/hearty.ts";
import { assert, test } from "../harness/test.ts";

test("a job that is posted is given to a worker of its kind, which fulfils it", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise, sharing } = await h.post("a");
  assert.equal(sharing, "created");
  const run = worker.take("run");
  assert.deepEqual(
    [run.promise, run.kind, run.attempt, run.storedItems, run.input],
    [promise, "price", 1, 0, { contentType: "application/json", value: "a" }],
  );
  await worker.say({ type: "fulfill", lease: run.lease, value: 7 });
  assert.equal(worker.take("ack").lease, run.lease);
  assert.equal((await h.record(promise)).life.state, "fulfilled");
  assert.equal(h.engine.state.promises.size, 0, "nothing settled stays in memory");
});

test("the server never has more leases out than concurrency", async () => {
  await using h = await hearty();
  const worker = await h.worker({ concurrency: 2 });
  for (const name of ["a", "b", "c"]) await h.post(name);
  const [first, ...others] = worker.takeAll("run");
  assert.equal(others.length, 1);
  await worker.say({ type: "fulfill", lease: first!.lease, value: 1 });
  assert.equal(worker.takeAll("run").length, 1);
});

test("a slot is free when the worker has answered cancelled, not when the server merely sent cancel", async () => {
  await using h = await hearty();
  const worker = await h.worker({ concurrency: 1 });
  const { promise } = await h.post("a");
  await h.post("b");
  const { lease } = worker.take("run");
  await h.engine.done({ type: "withdraw", promise, owner: "ada", queue: null, reason: "enough" });
  await h.clock.advance(5_000);
  assert.deepEqual(worker.take("cancel"), { type: "cancel", lease, reason: "enough" });
  assert.deepEqual(worker.takeAll("run"), []);
  await worker.say({ type: "cancelled", lease });
  assert.equal(worker.takeAll("run").length, 1);
  assert.deepEqual(worker.takeAll("lost"), []);
});

test("a slot is free when the cancel grace is over, and the worker is told lost", async () => {
  await using h = await hearty({ cancelGraceMs: 8_000 });
  const worker = await h.worker({ concurrency: 1 });
  const { promise } = await h.post("a");
  await h.post("b");
  const { lease } = worker.take("run");
  await h.engine.done({ type: "withdraw", promise, owner: "ada", queue: null, reason: "" });
  await h.clock.advance(7_999);
  assert.deepEqual(worker.takeAll("run"), []);
  await h.clock.advance(1);
  assert.deepEqual(worker.take("lost"), { type: "lost", lease });
  assert.equal(worker.takeAll("run").length, 1);
});

test("a message with an unknown lease is answered with lost", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  await worker.say({ type: "item", lease: "nonsense", seq: 0, value: 1 });
  assert.deepEqual(worker.take("lost"), { type: "lost", lease: "nonsense" });
});

test("a worker that comes back within the grace keeps its leases, and the job goes on", async () => {
  await using h = await hearty({ graceMs: 30_000 });
  const worker = await h.worker();
  const { promise } = await h.post("a");
  const { lease } = worker.take("run");
  await worker.say({ type: "item", lease, seq: 0, value: "x" });
  await worker.cut();
  await h.clock.advance(29_000);
  const again = h.dial();
  const { session } = worker;
  const welcome = await again.hello({ resume: { session, leases: [lease] } });
  assert.deepEqual([welcome.session, welcome.leases], [session, [lease]]);
  await again.say({ type: "item", lease, seq: 1, value: "y" });
  assert.deepEqual(again.take("ack"), { type: "ack", lease, seq: 1 });
  await again.say({ type: "fulfill", lease });
  assert.equal((await h.record(promise)).items, 2);
});

test("leases, items and chunks survive a restart of the server", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const [stream, value] = [await h.post("stream"), await h.post("value")];
  const [first, second] = worker.takeAll("run");
  await worker.say({ type: "item", lease: first!.lease, seq: 0, value: "x" });
  const body = new Uint8Array([1, 2, 3]);
  await worker.say({ type: "chunk", lease: second!.lease, seq: 0, body });
  await h.restart();
  const again = h.dial();
  const leases = [first!.lease, second!.lease];
  const welcome = await again.hello({ resume: { session: worker.session, leases } });
  assert.deepEqual(welcome.leases, leases);
  await again.say({ type: "item", lease: leases[0]!, seq: 1, value: "y" });
  await again.say({ type: "fulfill", lease: leases[0]! });
  await again.say({ type: "chunk", lease: leases[1]!, seq: 1, body });
  await again.say({ type: "fulfill", lease: leases[1]!, contentType: "a/b" });
  assert.deepEqual(again.takeAll("error"), []);
  assert.equal((await h.record(stream.promise)).items, 2);
  const { life } = await h.record(value.promise);
  assert.ok(life.state === "fulfilled");
  assert.deepEqual(life.result, { shape: "value", type: "a/b", bytes: 6, body: null });
});

test("after a restart the grace counts anew, and then the job runs again", async () => {
  await using h = await hearty({ graceMs: 30_000 });
  const worker = await h.worker();
  await h.post("a");
  worker.take("run");
  await h.clock.advance(25_000);
  await h.restart();
  const other = h.dial();
  await other.hello({ name: "w2" });
  await h.clock.advance(29_000);
  assert.deepEqual(other.takeAll("run"), []);
  await h.clock.advance(1_000);
  assert.equal(other.take("run").attempt, 2);
});

test("leases that the server holds but resume does not name are lost at once and run again", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  await h.post("a");
  const { lease } = worker.take("run");
  await worker.cut();
  const again = h.dial();
  const { leases } = await again.hello({ resume: { session: worker.session, leases: [] } });
  assert.deepEqual(leases, []);
  assert.notEqual(again.take("run").lease, lease);
});

test("a gap is answered with an error that names what was expected, and what is stored is acked again", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  await h.post("a");
  const { lease } = worker.take("run");
  await worker.say({ type: "item", lease, seq: 1, value: "y" });
  const error = worker.take("error");
  assert.deepEqual([error.about, error.lease, error.expected], ["item", lease, 0]);
  await worker.say({ type: "item", lease, seq: 0, value: "x" });
  await worker.say({ type: "item", lease, seq: 0, value: "x" });
  assert.deepEqual(worker.takeAll("ack").map(({ seq }) => seq), [0, 0]);
});

test("a new attempt is told how many items are stored", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  await h.post("a");
  const { lease } = worker.take("run");
  await worker.say({ type: "item", lease, seq: 0, value: "x" });
  await worker.say({ type: "reject", lease, error: { message: "no", retryable: true } });
  await h.clock.advance(1_000);
  const run = worker.take("run");
  assert.deepEqual([run.attempt, run.storedItems], [2, 1]);
  assert.deepEqual(run.input, { contentType: "application/json", value: "a" });
});

test("a connection that misses two pings is dropped as broken, and the grace starts", async () => {
  await using h = await hearty({ heartbeatMs: 10_000, graceMs: 30_000 });
  const worker = await h.worker();
  worker.isMute = true;
  await h.post("a");
  await h.clock.advance(29_999);
  assert.equal(worker.takeAll("ping").length, 2);
  assert.equal(worker.closed, null);
  await h.clock.advance(1);
  assert.ok(worker.closed);
  const other = h.dial();
  await other.hello({ name: "w2" });
  await h.clock.advance(29_999);
  assert.deepEqual(other.takeAll("run"), []);
  await h.clock.advance(1);
  assert.equal(other.takeAll("run").length, 1);
});

test("the same name takes over while the old connection is silent, not while it is alive", async () => {
  await using h = await hearty({ heartbeatMs: 10_000 });
  const worker = await h.worker();
  const early = h.dial();
  await early.say({ type: "hello", name: "w1", concurrency: 1, kinds: [{ kind: "price" }] });
  assert.equal(early.take("refused").reason, "name-taken");
  worker.isMute = true;
  await h.clock.advance(19_999);
  const soon = h.dial();
  await soon.say({ type: "hello", name: "w1", concurrency: 1, kinds: [{ kind: "price" }] });
  assert.equal(soon.take("refused").reason, "name-taken");
  await h.clock.advance(1);
  await h.dial().hello();
  // It would wait for jobs for ever otherwise.
  assert.equal(worker.closed?.code, 1008);
  assert.equal(h.hearty.dispatch.size, 1);
});

test("a worker that drains gets nothing new, and is closed with 1000 when its last lease ends", async () => {
  await using h = await hearty();
  const worker = await h.worker({ concurrency: 2 });
  await h.post("a");
  const { lease } = worker.take("run");
  await worker.say({ type: "drain" });
  await h.post("b");
  assert.deepEqual(worker.takeAll("run"), []);
  await worker.say({ type: "fulfill", lease, value: 1 });
  assert.equal(worker.take("ack").lease, lease);
  assert.equal(worker.closed?.code, 1000);
});

test("an attempt that runs longer than its timeout is cancelled", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  const { promise } = await h.post("a", { timeoutMs: 5_000 });
  assert.equal(worker.take("run").timeoutMs, 5_000);
  await h.clock.advance(5_000);
  assert.equal(worker.take("cancel").reason, "timed-out");
  const { life } = await h.record(promise);
  assert.ok(life.state === "rejected" && life.error.reason === "timed-out");
});

test("a delayed job is started when its delay is over, by the clock alone", async () => {
  await using h = await hearty();
  const worker = await h.worker();
  await h.post("a", { delayMs: 60_000 });
  await h.clock.advance(59_999);
  assert.deepEqual(worker.takeAll("run"), []);
  await h.clock.advance(1);
  assert.equal(worker.takeAll("run").length, 1);
});
