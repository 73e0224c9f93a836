import { DEFAULT_KIND } from "../../src/core/kind.ts";
import {
  isReusable,
  isSettled,
  reusableUntil,
  type SettledRecord,
} from "../../src/core/promise.ts";
import { assert, test } from "../harness/test.ts";
import { connectCommand, KIND, offerOf, Scene } from "./scene.ts";

test("a fulfilled promise is kept and reusable for its longest ttl", () => {
  const scene = new Scene();
  const on = scene.running({ ttlMs: 5_000 });
  scene.post({ owner: "bob", ttlMs: 9_000 }, { key: scene.record(on.promise).key });
  scene.fulfill(on);
  const record = settled(scene, on.promise);
  assert.equal(record.life.expiresAt - record.life.settledAt, 9_000);
  assert.ok(isReusable(record, record.life.settledAt + 8_999, null));
  assert.ok(!isReusable(record, record.life.settledAt + 9_000, null));
});

test("a failure that is not retryable is reusable for its kind's failureTtl, and readable for its ttl", () => {
  const scene = new Scene();
  scene.step(connectCommand("w0", { offers: [offerOf(KIND, { failureTtlMs: 2_000 })] }));
  const promise = scene.post({ ttlMs: 9_000 });
  const session = [...scene.state.sessions.keys()][0]!;
  scene.reject({ session, lease: scene.start(promise, session) }, { retryable: false });
  const record = settled(scene, promise);
  assert.equal(record.life.expiresAt - record.life.settledAt, 9_000);
  assert.equal(reusableUntil(record) - record.life.settledAt, 2_000);
});

test("failureTtl is 60 s where nobody says, and never longer than the ttl", () => {
  assert.equal(DEFAULT_KIND.failureTtlMs, 60_000);
  const scene = new Scene();
  const on = scene.running({ ttlMs: 5_000 });
  scene.reject(on, { retryable: false });
  const record = settled(scene, on.promise);
  assert.equal(reusableUntil(record) - record.life.settledAt, 5_000);
});

test("failures that are retryable, cancelled, timed-out and lost promises are never reused", () => {
  const ends: ((scene: Scene, on: ReturnType<Scene["running"]>) => void)[] = [
    (scene, on) => scene.reject(on),
    (scene, { promise }) => scene.step({ type: "kill", promise, reason: "" }),
    (scene) => scene.advance(1_000),
    (scene, { session }) => {
      scene.step({ type: "break", session });
      scene.advance(500);
    },
  ];
  const reasons = ends.map((end) => {
    const scene = new Scene({ graceMs: 500 });
    const on = scene.running({ attempts: 1, timeoutMs: 1_000 });
    end(scene, on);
    const record = settled(scene, on.promise);
    assert.ok(!isReusable(record, record.life.settledAt, null));
    return record.life.state === "rejected" && record.life.error.reason;
  });
  assert.deepEqual(reasons, ["failed", "cancelled", "timed-out", "lost"]);
});

test("maxAge bounds the age of what is reused, and 0 computes again", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.fulfill(on);
  const record = settled(scene, on.promise);
  const at = record.life.settledAt;
  assert.ok(isReusable(record, at + 1_000, 1_000));
  assert.ok(!isReusable(record, at + 1_001, 1_000));
  assert.ok(!isReusable(record, at, 0));
});

test("a hit moves the expiry to the latest of what it was, what the post asks for, and a minute from now", () => {
  const scene = new Scene();
  const on = scene.running({ ttlMs: 100_000 });
  scene.fulfill(on);
  const record = settled(scene, on.promise);
  const at = record.life.settledAt;
  const reuse = (ttlMs: number | null) => {
    const outcome = scene.step({ type: "reuse", record, ttlMs });
    assert.ok(outcome.type === "record" && isSettled(outcome.record));
    return outcome.record.life.expiresAt - at;
  };
  assert.equal(reuse(null), 100_000);
  assert.deepEqual(scene.last.changes, [], "most hits change nothing");
  assert.equal(reuse(1_000), 100_000);
  assert.equal(reuse(500_000), 500_000);
  scene.advance(90_000);
  assert.equal(reuse(null), 150_000);
});

test("a settled promise's ttl can be set, also to less", () => {
  const scene = new Scene();
  const on = scene.running({ ttlMs: 100_000 });
  scene.fulfill(on);
  const record = settled(scene, on.promise);
  const outcome = scene.step({ type: "keep", record, ttlMs: 5_000 });
  assert.ok(outcome.type === "record" && isSettled(outcome.record));
  assert.equal(outcome.record.life.expiresAt - record.life.settledAt, 5_000);
  assert.equal(outcome.record.revision, record.revision + 1);
});

test("a settled promise leaves memory when it is released, and only then", () => {
  const scene = new Scene();
  const on = scene.running();
  assert.throws(() => scene.state.release(on.promise));
  scene.fulfill(on);
  assert.ok(scene.state.promises.has(on.promise));
  scene.state.release(on.promise);
  assert.equal(scene.state.promises.size, 0);
  assert.equal(scene.state.byKey.size, 0);
});

function settled(scene: Scene, promise: Parameters<Scene["record"]>[0]): SettledRecord {
  const record = scene.record(promise);
  assert.ok(isSettled(record));
  return record;
}
