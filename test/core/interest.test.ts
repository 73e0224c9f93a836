import fc from "fast-check";
import { combine, countOwners, type Interest } from "../../src/core/interest.ts";
import { phaseOf } from "../../src/core/promise.ts";
import type { Priority } from "../../src/core/terms.ts";
import { assert, test } from "../harness/test.ts";
import { postCommand, Scene } from "./scene.ts";

const SEED = 20_262;
const orNull = (max: number) => fc.option(fc.nat(max), { nil: null });
const interest: fc.Arbitrary<Interest> = fc.record({
  owner: fc.constantFrom("ada", "bob", "cyd"),
  queue: fc.constantFrom("default", "nightly"),
  priority: fc.nat(9) as fc.Arbitrary<Priority>,
  ttlMs: fc.nat(9),
  timeoutMs: orNull(9),
  attempts: fc.integer({ min: 1, max: 9 }),
  notBefore: orNull(9),
  deadline: orNull(9),
  since: fc.nat(9),
  isLasting: fc.constant(true),
  holds: fc.constant(0),
});

test("interests are combined so that nobody's limits fail another's job", () => {
  fc.assert(
    fc.property(fc.array(interest, { minLength: 1, maxLength: 5 }), (all) => {
      const wishes = combine(all);
      const least = (values: (number | null)[]) => Math.min(...values.map((v) => v ?? Infinity));
      assert.equal(wishes.priority, Math.max(...all.map((i) => i.priority)));
      assert.equal(wishes.ttlMs, Math.max(...all.map((i) => i.ttlMs)));
      assert.equal(wishes.attempts, Math.max(...all.map((i) => i.attempts)));
      assert.equal(
        wishes.timeoutMs ?? Infinity,
        Math.max(...all.map((i) => i.timeoutMs ?? Infinity)),
      );
      assert.equal(wishes.deadline ?? Infinity, least(all.map((i) => i.deadline)));
      assert.equal(wishes.notBefore ?? -1, Math.min(...all.map((i) => i.notBefore ?? -1)));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("owners are counted once, whatever their queues", () => {
  fc.assert(
    fc.property(fc.array(interest, { minLength: 1, maxLength: 6 }), (all) => {
      assert.equal(countOwners(all), new Set(all.map(({ owner }) => owner)).size);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("one owner posting again in one queue has one interest, which says what was said last", () => {
  const scene = new Scene();
  const promise = scene.post({ priority: 2, attempts: 7 });
  const { key } = scene.record(promise);
  scene.post({ priority: 8 }, { key });
  const [only, ...others] = scene.record(promise).interests;
  assert.deepEqual(others, []);
  assert.deepEqual([only!.priority, only!.attempts], [8, 7]);
});

test("one owner in two queues has two interests", () => {
  const scene = new Scene();
  const promise = scene.post();
  scene.post({ queue: "nightly" }, { key: scene.record(promise).key });
  assert.deepEqual(scene.record(promise).interests.map(({ queue }) => queue), [
    "default",
    "nightly",
  ]);
});

test("a post that says nothing new changes nothing", () => {
  const scene = new Scene();
  const promise = scene.post();
  const { key } = scene.record(promise);
  const outcome = scene.step(postCommand("the same", {}, { key }));
  assert.deepEqual(outcome, { type: "posted", promise, sharing: "joined" });
  assert.deepEqual(scene.last.changes, []);
});

test("the phase is delayed only while all interests are", () => {
  const scene = new Scene();
  const promise = scene.post({ delayMs: 10_000 });
  const { key } = scene.record(promise);
  assert.equal(phaseOf(scene.record(promise), scene.now.wall), "delayed");
  scene.post({ owner: "bob", delayMs: 5_000 }, { key });
  scene.advance(4_999);
  assert.equal(scene.place(promise), "timed");
  scene.advance(1);
  assert.equal(scene.place(promise), "ready");
  assert.equal(phaseOf(scene.record(promise), scene.now.wall), "queued");
});

test("a delayed job is queued at once when somebody joins who wants it now, and waits again when he leaves", () => {
  const scene = new Scene();
  const promise = scene.post({ delayMs: 10_000 });
  scene.post({ owner: "bob" }, { key: scene.record(promise).key });
  assert.deepEqual(scene.effects("ready").length, 1);
  scene.step({ type: "withdraw", promise, owner: "bob", queue: null, reason: "" });
  assert.deepEqual(scene.effects("unready").length, 1);
  assert.equal(scene.place(promise), "timed");
  scene.advance(10_000);
  assert.equal(scene.place(promise), "ready");
});

test("the interest of a post that is held ends with its connection, and a lasting one does not", () => {
  const scene = new Scene();
  const promise = scene.post({ isHeld: true });
  scene.post({ owner: "bob" }, { key: scene.record(promise).key });
  release(scene, promise, "bob");
  assert.equal(scene.record(promise).interests.length, 2);
  release(scene, promise, "ada");
  assert.deepEqual(scene.record(promise).interests.map(({ owner }) => owner), ["bob"]);
});

test("two tabs of one owner do not cancel each other", () => {
  const scene = new Scene();
  const promise = scene.post({ isHeld: true });
  scene.post({ isHeld: true }, { key: scene.record(promise).key });
  release(scene, promise, "ada");
  assert.equal(scene.place(promise), "ready");
  release(scene, promise, "ada");
  const { life } = scene.record(promise);
  assert.ok(life.state === "rejected" && life.error.reason === "cancelled");
});

test("an interest that is kept when its wait ends is lasting", () => {
  const scene = new Scene();
  const promise = scene.post({ isHeld: true });
  release(scene, promise, "ada", true);
  const [only] = scene.record(promise).interests;
  assert.deepEqual([only!.isLasting, only!.holds], [true, 0]);
});

test("a hold ends with its connection although its interest was moved to another queue", () => {
  const scene = new Scene();
  const promise = scene.post({ isHeld: true });
  move(scene, promise, { queue: "nightly" });
  release(scene, promise, "ada");
  assert.equal(scene.place(promise), "settled");
});

test("two interests of one owner that meet in one queue become one, with the holds of both", () => {
  const scene = new Scene();
  const promise = scene.post({ isHeld: true, priority: 3, attempts: 2 });
  const { key } = scene.record(promise);
  scene.post({ isHeld: true, queue: "nightly", priority: 6 }, { key });
  move(scene, promise, { queue: "nightly" });
  const [only, ...others] = scene.record(promise).interests;
  assert.deepEqual(others, []);
  assert.deepEqual([only!.priority, only!.attempts, only!.holds], [6, 3, 2]);
  release(scene, promise, "ada");
  assert.equal(scene.place(promise), "ready");
  release(scene, promise, "ada");
  assert.equal(scene.place(promise), "settled");
});

test("a move is for the caller's interests, of one queue or of all", () => {
  const scene = new Scene();
  const promise = scene.post({ priority: 1 });
  const { key } = scene.record(promise);
  scene.post({ priority: 1, queue: "nightly" }, { key });
  scene.post({ owner: "bob", priority: 1 }, { key });
  move(scene, promise, { priority: 7 }, "nightly");
  assert.deepEqual(scene.record(promise).interests.map(({ priority }) => priority), [1, 7, 1]);
  move(scene, promise, { priority: 9 });
  assert.deepEqual(scene.record(promise).interests.map(({ priority }) => priority), [9, 9, 1]);
  assert.equal(scene.record(promise).revision, 2);
});

test("whoever has no interest can neither move nor withdraw it", () => {
  const scene = new Scene();
  const promise = scene.post();
  for (const type of ["move", "withdraw"] as const) {
    const outcome = scene.step({ type, promise, owner: "bob", queue: null, set: {}, reason: "" });
    assert.ok(outcome.type === "refused" && outcome.refusal.refused === "no-interest");
  }
});

function release(scene: Scene, promise: ReturnType<Scene["post"]>, owner: string, isKept = false) {
  scene.step({ type: "release", promise, owner, queue: "default", isKept });
}

function move(
  scene: Scene,
  promise: ReturnType<Scene["post"]>,
  set: { priority?: Priority; queue?: string },
  queue: string | null = null,
): void {
  const outcome = scene.step({ type: "move", promise, owner: "ada", queue, set });
  assert.equal(outcome.type, "record");
}
