import type { Command, PostCommand, Wish } from "../../src/core/command.ts";
import type { KindName, LeaseId, PromiseId, SessionId } from "../../src/core/ids.ts";
import { Filler, type SlotEffect } from "../../src/engine/fill.ts";
import { earliestDeadline } from "../../src/schedule/earliest-deadline.ts";
import type { Policy } from "../../src/schedule/policy.ts";
import { connectCommand, offerOf, postCommand, Scene } from "../core/scene.ts";
import { strictPolicy } from "../core/strict-policy.ts";
import { assert, test } from "../harness/test.ts";

test("a job is chosen only when a slot is free for it, so the order is decided at the last moment", () => {
  const desk = new Desk();
  const worker = desk.connect("w1", 1);
  const running = desk.post("a");
  const [withdrawn, next] = [desk.post("b"), desk.post("c")];
  desk.run({ type: "withdraw", promise: withdrawn, owner: "ada", queue: null, reason: "" });
  desk.fulfill(running);
  assert.deepEqual(desk.started, [[running, worker], [next, worker]]);
});

test("a job that waits for a kind nobody offers holds up no other", () => {
  const desk = new Desk();
  desk.connect("w1", 1);
  desk.post("a", {}, { kind: "rare" as KindName });
  const other = desk.post("b");
  assert.deepEqual(desk.started.map(([promise]) => promise), [other]);
  const worker = desk.connect("w2", 1, ["rare"]);
  assert.equal(desk.started.length, 2);
  assert.equal(desk.started[1]![1], worker);
});

test("a job of a version goes only to workers of that version", () => {
  const desk = new Desk();
  desk.connect("w1", 1);
  desk.post("a", {}, { version: "2" });
  assert.deepEqual(desk.started, []);
});

test("load spreads over the workers in proportion to their size", () => {
  const desk = new Desk();
  const [small, large] = [desk.connect("small", 1), desk.connect("large", 3)];
  for (const name of ["a", "b", "c", "d"]) desk.post(name);
  const count = (worker: SessionId) => desk.started.filter(([, on]) => on === worker).length;
  assert.deepEqual([count(small), count(large)], [1, 3]);
});

test("a worker whose connection broke, or that drains, gets no new job", () => {
  for (const type of ["break", "drain"] as const) {
    const desk = new Desk();
    const session = desk.connect("w1", 2);
    desk.post("a");
    desk.run({ type, session });
    desk.post("b");
    assert.equal(desk.started.length, 1, type);
  }
});

test("a worker that resumes gets jobs again", () => {
  const desk = new Desk();
  const session = desk.connect("w1", 2);
  desk.post("a");
  desk.run({ type: "break", session });
  desk.post("b");
  const resume = { session, leases: [...desk.scene.state.leases.keys()] };
  desk.run(connectCommand("w1", { concurrency: 2, resume }));
  assert.equal(desk.started.length, 2);
});

test("a worker with more slots gets more jobs at once, and one with fewer none until they are free", () => {
  const desk = new Desk();
  const session = desk.connect("w1", 1);
  const jobs = ["a", "b", "c"].map((name) => desk.post(name));
  desk.run({ type: "capacity", session, concurrency: 3 });
  assert.equal(desk.started.length, 3);
  desk.run({ type: "capacity", session, concurrency: 1 });
  const last = desk.post("d");
  desk.fulfill(jobs[0]!);
  desk.fulfill(jobs[1]!);
  assert.equal(desk.started.length, 3);
  desk.fulfill(jobs[2]!);
  assert.equal(desk.started.at(-1)![0], last);
});

test("a quarantined job reserves the eligible worker with the fewest leases, and runs alone", () => {
  const desk = new Desk();
  const [job] = desk.quarantined("q");
  const busy = desk.connect("busy", 1);
  const first = desk.post("x");
  const calm = desk.connect("calm", 2);
  assert.deepEqual(desk.started.slice(-2), [[job, busy], [first, calm]]);
});

test("while a quarantined job waits for its worker to be empty, that worker gets no other job", () => {
  const desk = new Desk();
  const { job, running } = waitingForItsWorker(desk);
  const other = desk.post("other");
  assert.notEqual(desk.started.at(-1)![0], other);
  desk.fulfill(running);
  assert.equal(desk.started.at(-1)![0], job);
  desk.fulfill(job!);
  assert.equal(desk.started.at(-1)![0], other);
});

test("others get the worker at once when the quarantined job is withdrawn", () => {
  const desk = new Desk();
  const { job } = waitingForItsWorker(desk);
  const other = desk.post("other");
  assert.notEqual(desk.started.at(-1)![0], other);
  desk.run({ type: "withdraw", promise: job, owner: "ada", queue: null, reason: "" });
  assert.equal(desk.started.at(-1)![0], other);
});

test("a reserved worker that no longer offers the kind is reserved no more", () => {
  const desk = new Desk();
  const { job, running } = waitingForItsWorker(desk);
  const [session] = desk.scene.state.sessions.values();
  desk.run({ type: "break", session: session!.id });
  const resume = { session: session!.id, leases: [...session!.leases.keys()] };
  const offers = [offerOf("rare" as KindName)];
  desk.run(connectCommand(session!.name, { concurrency: 2, resume, offers }));
  desk.fulfill(running);
  assert.notEqual(desk.started.at(-1)![0], job);
  const worker = desk.connect("other", 1);
  assert.deepEqual(desk.started.at(-1), [job, worker]);
});

test("one quarantined job at a time runs alone", () => {
  const desk = new Desk();
  const [first, second] = desk.quarantined("a", "b");
  const workers = [desk.connect("x", 2), desk.connect("y", 2)];
  assert.deepEqual(desk.started.slice(-1), [[first, workers[0]]]);
  desk.fulfill(first!);
  assert.equal(desk.started.at(-1)![0], second);
});

test("a worker that comes back with its quarantined job gets no other beside it", () => {
  const desk = new Desk();
  const [job] = desk.quarantined("q");
  const session = desk.connect("w", 2);
  desk.run({ type: "break", session });
  const resume = { session, leases: [...desk.scene.state.leases.keys()] };
  desk.run(connectCommand("w", { concurrency: 2, resume }));
  const other = desk.post("other");
  assert.equal(desk.started.at(-1)![0], job);
  desk.fulfill(job!);
  assert.equal(desk.started.at(-1)![0], other);
});

test("a time limit stands for a deadline where none is named", () => {
  const desk = new Desk(earliestDeadline());
  const late = desk.post("late", { timeoutMs: 60_000 });
  const soon = desk.post("soon", { timeoutMs: 1_000 });
  const named = desk.post("named", { timeoutMs: 60_000, deadline: desk.scene.now.wall + 10 });
  desk.connect("w1", 3);
  assert.deepEqual(desk.started.map(([promise]) => promise), [named, soon, late]);
});

/** A scene whose ready jobs are started by a filler. */
class Desk {
  readonly scene = new Scene();
  /** What was started, and where. */
  readonly started: (readonly [PromiseId, SessionId])[] = [];
  readonly state = this.scene.state;
  readonly #filler: Filler;

  constructor(policy: Policy = strictPolicy()) {
    this.#filler = new Filler(this, policy);
  }

  run(command: Command): void {
    this.scene.step(command);
    const { now } = this.scene;
    for (const effect of this.scene.last.effects) {
      if (effect.type === "started") this.started.push([effect.promise, effect.session]);
      if (isSlotEffect(effect)) this.#filler.follow(effect, now);
    }
    this.#filler.fill(now);
  }

  post(name: string, wish: Partial<Wish> = {}, more: Partial<PostCommand> = {}): PromiseId {
    const command = postCommand(name, wish, more);
    this.run(command);
    return this.state.byKey.get(command.key)!;
  }

  connect(name: string, concurrency: number, kinds: readonly string[] = ["price"]): SessionId {
    const offers = kinds.map((kind) => offerOf(kind as KindName));
    this.run(connectCommand(name, { concurrency, offers }));
    return this.state.sessionsByName.get(name)!.id;
  }

  fulfill(promise: PromiseId): void {
    const { life } = this.scene.record(promise);
    assert.ok(life.state === "pending" && life.doing === "running");
    const { session, lease }: { session: SessionId; lease: LeaseId } = life;
    const content = { contentType: "application/json", body: new Uint8Array(1) };
    const type = "fulfill";
    this.run({ type, session, lease, content, contentType: null, tags: [], ttlMs: null });
  }

  /** Jobs that took down two workers, and wait. */
  quarantined(...names: string[]): PromiseId[] {
    const jobs = [...names, "beside them"].map((name) => this.post(name));
    for (const name of ["lost 1", "lost 2"]) {
      this.run({ type: "break", session: this.connect(name, jobs.length) });
      this.#pass();
    }
    this.run({ type: "kill", promise: jobs.pop()!, reason: "" });
    for (const job of jobs) assert.equal(this.scene.record(job).losses, 2);
    return jobs;
  }

  #pass(): void {
    this.scene.now.mono += this.scene.settings.graceMs;
    this.run({ type: "tick" });
  }
}

function isSlotEffect(effect: { readonly type: string }): effect is SlotEffect {
  return ["ready", "claims", "unready", "started", "freed", "slots"].includes(effect.type);
}

/** A quarantined job, and a worker of two slots that it has reserved and that runs another. */
function waitingForItsWorker(desk: Desk): { job: PromiseId; running: PromiseId } {
  const [job] = desk.quarantined("q");
  const running = desk.post("long", {}, { kind: "long" as KindName });
  const session = desk.connect("w", 2, ["long"]);
  desk.run({ type: "break", session });
  const resume = { session, leases: [...desk.state.leases.keys()] };
  const offers = ["price", "long"].map((kind) => offerOf(kind as KindName));
  desk.run(connectCommand("w", { concurrency: 2, resume, offers }));
  assert.equal(desk.started.at(-1)![0], running);
  return { job: job!, running };
}
