import { assert, test } from "../harness/test.ts";
import type { PromiseId, SessionId } from "../../src/core/ids.ts";
import { DEFAULT_KIND } from "../../src/core/kind.ts";
import { isSettled } from "../../src/core/promise.ts";
import { freeSlots } from "../../src/core/session.ts";
import { Scene } from "./scene.ts";

test("a lease is unguessable, and no two are the same", () => {
  const scene = new Scene();
  const worker = scene.connect();
  const leases = [1, 2, 3, 4].map(() => scene.start(scene.post(), worker));
  assert.equal(new Set(leases).size, 4);
  for (const lease of leases) assert.match(lease, /^[\w-]{22}$/);
});

test("the server never gives out more leases than the worker has slots", () => {
  const scene = new Scene();
  const worker = scene.connect("w1", { concurrency: 2 });
  scene.start(scene.post(), worker);
  scene.start(scene.post(), worker);
  const third = scene.post();
  assert.equal(freeSlots(scene.state.sessions.get(worker)!), 0);
  assert.throws(() => scene.step({ type: "start", promise: third, session: worker }), /free slot/);
});

test("a slot is free again when the worker has settled the lease", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.fulfill(on);
  assert.equal(scene.effects("freed").length, 1);
  assert.equal(scene.state.leases.size, 0);
});

test("a slot is not free when the server merely sent cancel, but when the worker answers cancelled", () => {
  const scene = new Scene();
  const on = scene.running();
  withdraw(scene, on.promise);
  assert.deepEqual(scene.effects("cancel").map(({ lease }) => lease), [on.lease]);
  assert.equal(scene.effects("freed").length, 0);
  scene.step({ type: "cancelled", session: on.session, lease: on.lease });
  assert.equal(scene.effects("freed").length, 1);
  assert.equal(scene.effects("lost").length, 0);
});

test("a slot is free when the cancel grace is over, and the worker is told lost", () => {
  const scene = new Scene({ cancelGraceMs: 10_000 });
  const on = scene.running();
  withdraw(scene, on.promise);
  assert.deepEqual(scene.advance(9_999), []);
  const effects = scene.advance(1);
  assert.deepEqual(effects.map(({ type }) => type), ["lost", "freed"]);
});

test("a cancelled promise is settled when that is decided, without waiting for the worker", () => {
  const scene = new Scene();
  const on = scene.running();
  withdraw(scene, on.promise);
  const { life, history } = scene.record(on.promise);
  assert.ok(life.state === "rejected" && life.error.reason === "cancelled");
  assert.equal(history[0]!.outcome, "cancelled");
});

test("a result that crosses its cancel changes nothing, is answered lost, and frees the slot", () => {
  const scene = new Scene();
  const on = scene.running();
  withdraw(scene, on.promise);
  const before = scene.record(on.promise);
  scene.fulfill(on);
  assert.deepEqual(scene.last.changes, []);
  assert.deepEqual(scene.last.effects.map(({ type }) => type), ["lost", "freed"]);
  assert.equal(scene.record(on.promise), before);
});

test("messages under an unknown or lost lease are answered with lost and change nothing", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.fulfill(on);
  for (const send of [() => scene.item(on, 0), () => scene.chunk(on, 0), () => scene.fulfill(on)]) {
    send();
    assert.deepEqual(scene.last.changes, []);
    assert.deepEqual(scene.last.effects, [{
      type: "lost",
      session: on.session,
      lease: on.lease,
    }]);
  }
  scene.step({ type: "cancelled", session: on.session, lease: on.lease });
  assert.deepEqual(scene.last.effects, [], "whoever has stopped need not be told to");
});

test("messages under a lease of another worker are answered with lost and change nothing", () => {
  const scene = new Scene();
  const on = scene.running();
  const other = scene.connect("other");
  scene.fulfill({ session: other, lease: on.lease });
  assert.deepEqual(scene.last.changes, []);
  assert.deepEqual(scene.last.effects, [{ type: "lost", session: other, lease: on.lease }]);
});

test("an attempt that runs longer than its timeout is timed out, cancelled and not retried", () => {
  const scene = new Scene();
  const on = scene.running({ timeoutMs: 5_000, attempts: 3 });
  scene.advance(4_999);
  assert.equal(scene.place(on.promise), "leased");
  const effects = scene.advance(1);
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "rejected" && life.error.reason === "timed-out");
  assert.ok(effects.some((one) => one.type === "cancel" && one.reason === "timed-out"));
});

test("the longest timeout of those who want it holds, from when they join", () => {
  const scene = new Scene();
  const on = scene.running({ timeoutMs: 5_000 });
  const { key } = scene.record(on.promise);
  scene.advance(4_000);
  scene.post({ owner: "bob", timeoutMs: 9_000 }, { key });
  scene.advance(4_999);
  assert.equal(scene.place(on.promise), "leased");
  scene.advance(1);
  assert.equal(scene.place(on.promise), "settled");
});

test("a timeout that has passed when its longer fellow leaves is due at once", () => {
  const scene = new Scene();
  const on = scene.running({ timeoutMs: 5_000 });
  const { key } = scene.record(on.promise);
  scene.post({ owner: "bob", timeoutMs: null }, { key });
  scene.advance(20_000);
  assert.equal(scene.place(on.promise), "leased");
  withdraw(scene, on.promise, "bob");
  scene.advance(0);
  assert.equal(scene.place(on.promise), "settled");
});

test("after the grace a lease is lost, and the job is queued again at the head without back-off", () => {
  const scene = new Scene({ graceMs: 30_000 });
  const on = scene.running();
  scene.step({ type: "break", session: on.session });
  scene.advance(29_999);
  assert.equal(scene.place(on.promise), "leased");
  scene.advance(1);
  assert.equal(scene.place(on.promise), "ready");
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "pending" && life.doing === "waiting" && life.isFirst);
});

test("a loss of a worker that ran several jobs spends no attempt of any", () => {
  const scene = new Scene();
  const worker = scene.connect();
  const jobs = [scene.post({ attempts: 1 }), scene.post({ attempts: 1 })];
  for (const job of jobs) scene.start(job, worker);
  lose(scene, worker);
  for (const job of jobs) {
    const { attempt, spent, losses } = scene.record(job);
    assert.deepEqual({ attempt, spent, losses }, { attempt: 1, spent: 0, losses: 1 });
    assert.equal(scene.place(job), "ready");
  }
});

test("a job whose attempts run out through workers lost while it ran alone is lost", () => {
  const scene = new Scene();
  const on = scene.running({ attempts: 1 });
  lose(scene, on.session);
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "rejected" && life.error.reason === "lost");
});

test("a job that took down workers twice runs next alone on a worker", () => {
  const scene = new Scene();
  const { promise, neighbour } = quarantined(scene);
  const worker = scene.connect("w3");
  scene.start(promise, worker);
  assert.equal(freeSlots(scene.state.sessions.get(worker)!), 0, "the other slots stay empty");
  assert.throws(() => scene.step({ type: "start", promise: neighbour, session: worker }));
});

test("a quarantined job is not started beside others", () => {
  const scene = new Scene();
  const { promise } = quarantined(scene);
  const worker = scene.connect("w3");
  scene.start(scene.post(), worker);
  assert.throws(() => scene.step({ type: "start", promise, session: worker }), /alone/);
});

test("a quarantined job still runs alone after its worker has resumed", () => {
  const scene = new Scene();
  const { promise } = quarantined(scene);
  const session = scene.connect("w3");
  const lease = scene.start(promise, session);
  scene.step({ type: "break", session });
  scene.connect("w3", { resume: { session, leases: [lease] } });
  assert.equal(freeSlots(scene.state.sessions.get(session)!), 0);
  scene.fulfill({ session, lease });
  assert.equal(freeSlots(scene.state.sessions.get(session)!), 4);
});

test("a third loss rejects a job as lost and names what happened", () => {
  const scene = new Scene();
  const { promise } = quarantined(scene);
  const worker = scene.connect("w3");
  scene.start(promise, worker);
  lose(scene, worker);
  const { life } = scene.record(promise);
  assert.ok(life.state === "rejected" && life.error.reason === "lost");
  assert.match(life.error.message, /took down 3 workers.*"w3"/);
  assert.deepEqual(scene.record(promise).history.map(({ outcome }) => outcome), [
    "lost",
    "lost",
    "lost",
  ]);
});

test("what is over a limit or has no attempt left is settled once", () => {
  const scene = new Scene();
  const on = scene.running({ attempts: 1 });
  scene.reject(on);
  assert.equal(scene.effects("settled").length, 1);
  assert.ok(isSettled(scene.record(on.promise)));
});

test("a slot is told free before its job may run again", () => {
  const scene = new Scene({ defaults: { ...DEFAULT_KIND, retryBaseMs: 0 } });
  const on = scene.running();
  scene.reject(on);
  const order = scene.last.effects.map(({ type }) => type)
    .filter((type) => type === "freed" || type === "ready");
  assert.deepEqual(order, ["freed", "ready"]);
});

/** A job that took down two workers, beside another that was there both times. */
function quarantined(scene: Scene): { promise: PromiseId; neighbour: PromiseId } {
  const promise = scene.post();
  const neighbour = scene.post({ owner: "bob" });
  const third = scene.post({ owner: "bob" });
  for (const [name, other] of [["w1", neighbour], ["w2", third]] as const) {
    const worker = scene.connect(name);
    scene.start(promise, worker);
    scene.start(other, worker);
    lose(scene, worker);
  }
  return { promise, neighbour };
}

function lose(scene: Scene, session: SessionId): void {
  scene.step({ type: "break", session });
  scene.advance(scene.settings.graceMs);
}

function withdraw(scene: Scene, promise: PromiseId, owner = "ada"): void {
  scene.step({ type: "withdraw", promise, owner, queue: null, reason: "withdrawn" });
}
