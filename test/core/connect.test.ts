import { assert, test } from "../harness/test.ts";
import type { SessionId } from "../../src/core/ids.ts";
import { connectCommand, Scene } from "./scene.ts";

test("a worker that comes back with resume keeps its leases, and the job goes on", () => {
  const scene = new Scene();
  const { promise, session, lease } = scene.running();
  const { name } = scene.state.sessions.get(session)!;
  scene.item({ session, lease }, 0);
  scene.step({ type: "break", session });
  scene.advance(20_000);
  const outcome = scene.step(connectCommand(name, { resume: { session, leases: [lease] } }));
  assert.deepEqual(outcome, { type: "connected", session, leases: [lease], isResumed: true });
  scene.item({ session, lease }, 0);
  assert.deepEqual(
    scene.effects("ack").map(({ seq }) => seq),
    [0],
    "what is stored is acked again",
  );
  scene.item({ session, lease }, 1);
  scene.advance(60_000);
  assert.equal(scene.place(promise), "leased", "the grace is over with the break");
});

test("leases that a valid resume does not name are lost at once and run again without blame", () => {
  const scene = new Scene();
  const session = scene.connect();
  const [kept, dropped] = [scene.post(), scene.post({ attempts: 1 })];
  const lease = scene.start(kept, session);
  const gone = scene.start(dropped, session);
  scene.step({ type: "break", session });
  const outcome = scene.step(connectCommand("w1", { resume: { session, leases: [lease] } }));
  assert.ok(outcome.type === "connected");
  assert.deepEqual(outcome.leases, [lease]);
  const { losses, spent } = scene.record(dropped);
  assert.deepEqual({ losses, spent }, { losses: 0, spent: 0 });
  assert.equal(scene.place(dropped), "ready");
  scene.fulfill({ session, lease: gone });
  assert.equal(scene.effects("lost").length, 1);
});

test("a resume that drops a job the third time is a lost worker to it", () => {
  const scene = new Scene();
  const session = scene.connect();
  const promise = scene.post();
  for (const losses of [0, 0, 1]) {
    scene.start(promise, session);
    scene.step({ type: "break", session });
    scene.connect("w1", { resume: { session, leases: [] } });
    assert.equal(scene.record(promise).losses, losses);
  }
});

test("jobs that a resume drops together were neighbours, so none of them spends an attempt", () => {
  const scene = new Scene();
  const session = scene.connect();
  const jobs = [scene.post({ attempts: 1 }), scene.post({ attempts: 1 })];
  for (let time = 0; time < 3; time++) {
    for (const job of jobs) scene.start(job, session);
    scene.step({ type: "break", session });
    scene.connect("w1", { resume: { session, leases: [] } });
  }
  assert.deepEqual(jobs.map((job) => scene.record(job).spent), [0, 0]);
});

test("a resume that names leases of others is told that they are lost", () => {
  const scene = new Scene();
  const other = scene.running();
  const session = scene.connect("w1");
  scene.start(scene.post(), session);
  scene.step({ type: "break", session });
  const leases = [other.lease, "nonsense"];
  const outcome = scene.step(connectCommand("w1", { resume: { session, leases } }));
  assert.ok(outcome.type === "connected");
  assert.deepEqual(outcome.leases, []);
  assert.deepEqual(scene.effects("lost").map(({ lease }) => lease), leases);
  assert.equal(scene.place(other.promise), "leased");
});

test("a resume of a session that is gone begins a new one, and its leases are lost", () => {
  const scene = new Scene();
  const resume = { session: "gone", leases: ["a", "b"] };
  const outcome = scene.step(connectCommand("w1", { resume }));
  assert.ok(outcome.type === "connected" && !outcome.isResumed);
  assert.deepEqual(scene.effects("lost").map(({ lease }) => lease as string), ["a", "b"]);
});

test("a name that says hello without resume was restarted: its leases count as lost with their worker", () => {
  const scene = new Scene();
  const { promise, session } = scene.running();
  const { name } = scene.state.sessions.get(session)!;
  scene.step({ type: "break", session });
  scene.connect(name);
  assert.equal(scene.record(promise).losses, 1);
  assert.equal(scene.state.sessions.size, 1);
});

test("the name of a worker whose connection is alive is taken", () => {
  const scene = new Scene();
  const session = scene.connect("w1");
  assert.deepEqual(scene.step(connectCommand("w1")), { type: "name-taken" });
  const resume = { session, leases: [] };
  assert.deepEqual(scene.step(connectCommand("w1", { resume })), { type: "name-taken" });
});

test("the same name takes over at once while the old connection is silent", () => {
  const scene = new Scene();
  const { session, lease } = scene.running();
  const { name } = scene.state.sessions.get(session)!;
  const resume = { session, leases: [lease] };
  const outcome = scene.step(connectCommand(name, { resume, isOldSilent: true }));
  assert.ok(outcome.type === "connected" && outcome.isResumed);
});

test("only the same principal takes over a name", () => {
  const scene = new Scene();
  const { session, lease } = scene.running();
  const { name } = scene.state.sessions.get(session)!;
  scene.step({ type: "break", session });
  const thief = { principal: "thief", resume: { session, leases: [lease] } };
  assert.deepEqual(scene.step(connectCommand(name, thief)), { type: "name-taken" });
  assert.equal(scene.state.sessions.get(session)!.leases.size, 1);
});

test("a break without leases ends the session, and its name is free for anybody", () => {
  const scene = new Scene();
  const session = scene.connect("w1");
  scene.step({ type: "break", session });
  assert.equal(scene.state.sessions.size, 0);
  scene.connect("w1", { principal: "somebody else" });
});

test("leases of a worker that an operator disconnected run again and count for nothing", () => {
  const scene = new Scene();
  const { promise, session } = scene.running({ attempts: 1 });
  scene.step({ type: "disconnect", session });
  const { losses, spent, attempt } = scene.record(promise);
  assert.deepEqual({ losses, spent, attempt }, { losses: 0, spent: 0, attempt: 1 });
  assert.equal(scene.place(promise), "ready");
});

test("a worker that drains is told when its last lease ends, at once if it has none", () => {
  const scene = new Scene();
  const idle = scene.connect("idle");
  scene.step({ type: "drain", session: idle });
  assert.equal(scene.effects("drained").length, 1);
  const on = scene.running();
  scene.step({ type: "drain", session: on.session });
  assert.equal(scene.effects("drained").length, 0);
  scene.fulfill(on);
  const types = scene.last.effects.map(({ type }) => type);
  assert.ok(types.indexOf("ack") < types.indexOf("drained"), "the ack comes before the close");
});

test("whatever takes slots away says that slots have changed", () => {
  const scene = new Scene();
  const { session } = scene.running();
  const acts = [
    () => scene.step({ type: "capacity", session, concurrency: 2 }),
    () => scene.step({ type: "drain", session }),
    () => scene.step({ type: "break", session }),
    () => scene.advance(30_000),
  ];
  for (const act of acts) {
    act();
    assert.equal(scene.effects("slots").length, 1);
  }
});

test("a cancelled lease is not given back by a resume: it is lost, and its slot is free", () => {
  const scene = new Scene();
  const { promise, session, lease } = scene.running();
  const { name } = scene.state.sessions.get(session)!;
  scene.step({ type: "kill", promise, reason: "" });
  scene.step({ type: "break", session });
  const outcome = scene.step(connectCommand(name, { resume: { session, leases: [lease] } }));
  assert.ok(outcome.type === "connected");
  assert.deepEqual(outcome.leases, []);
  assert.equal(scene.effects("freed").length, 1);
  assert.deepEqual(scene.effects("lost").map((one) => one.lease), [lease]);
});

test("a session that is not there is passed over", () => {
  const scene = new Scene();
  const session = "gone" as SessionId;
  for (const type of ["break", "disconnect", "drain"] as const) {
    scene.step({ type, session });
    assert.deepEqual(scene.last.effects, []);
  }
});
