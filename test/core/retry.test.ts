import { seededRandom } from "../../src/base/random.ts";
import { retryPauseMs } from "../../src/core/retry.ts";
import { DEFAULT_KIND } from "../../src/core/kind.ts";
import { assert, test } from "../harness/test.ts";
import { KIND, offerOf, Scene } from "./scene.ts";

test("the pause is anywhere up to the base, doubled with each failure, up to the cap", () => {
  const settings = { retryBaseMs: 1_000, retryCapMs: 60_000 };
  const longest = (failures: number) =>
    retryPauseMs(settings, failures, { ...seededRandom(1), unit: () => 1 - 2 ** -32 });
  assert.deepEqual([1, 2, 3, 6, 7, 1_000].map(longest), [
    1_000,
    2_000,
    4_000,
    32_000,
    60_000,
    60_000,
  ]);
  const random = seededRandom(7);
  const pauses = Array.from({ length: 1_000 }, () => retryPauseMs(settings, 3, random));
  const mean = pauses.reduce((sum, pause) => sum + pause) / pauses.length;
  assert.ok(Math.min(...pauses) < 40 && Math.max(...pauses) > 3_960, "full jitter");
  assert.ok(Math.abs(mean - 2_000) < 100);
});

test("a retryable failure queues the job again after its back-off", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.reject(on);
  assert.equal(scene.place(on.promise), "timed");
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "pending" && life.doing === "waiting");
  const pauseMs = life.retryAt! - scene.now.wall;
  assert.ok(pauseMs > 0 && pauseMs <= 1_000);
  scene.advance(pauseMs - 1);
  assert.equal(scene.place(on.promise), "timed");
  assert.deepEqual(scene.advance(1).map(({ type }) => type), ["ready", "wake"]);
});

test("a job is tried as often as its attempts allow, and then it has failed with the last error", () => {
  const scene = new Scene();
  const on = scene.running({ attempts: 3 });
  let { lease } = on;
  for (let attempt = 1; attempt <= 3; attempt++) {
    scene.reject({ ...on, lease }, { message: `no ${attempt}` });
    if (attempt === 3) break;
    scene.advance(60_000);
    lease = scene.start(on.promise, on.session);
  }
  const { life, attempt, spent, history } = scene.record(on.promise);
  assert.ok(life.state === "rejected");
  assert.deepEqual([life.error.reason, life.error.message], ["failed", "no 3"]);
  assert.deepEqual([attempt, spent], [3, 3]);
  assert.deepEqual(history.map(({ message }) => message), ["no 1", "no 2", "no 3"]);
});

test("a failure that is not retryable is final", () => {
  const scene = new Scene();
  const on = scene.running({ attempts: 3 });
  scene.reject(on, { retryable: false });
  assert.equal(scene.place(on.promise), "settled");
});

test("a kind sets its own base and cap", () => {
  const scene = new Scene({ defaults: { ...DEFAULT_KIND, retryBaseMs: 1, retryCapMs: 1 } });
  const promise = scene.post({ attempts: 9 });
  const session = scene.connect("w1", {
    offers: [offerOf(KIND, { retryBaseMs: 50_000, retryCapMs: 50_000 })],
  });
  const pauses = [1, 2, 3, 4].map(() => {
    scene.reject({ session, lease: scene.start(promise, session) });
    const { life } = scene.record(promise);
    assert.ok(life.state === "pending" && life.doing === "waiting");
    const pauseMs = life.retryAt! - scene.now.wall;
    scene.advance(pauseMs);
    return pauseMs;
  });
  assert.ok(Math.max(...pauses) > 1_000 && Math.max(...pauses) <= 50_000);
});

test("a retried job stands where its arrival puts it, not at the head", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.reject(on);
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "pending" && life.doing === "waiting" && !life.isFirst);
});

test("a clock that is set back makes no job start too early", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.reject(on);
  scene.now.wall -= 3_600_000;
  scene.advance(1_000);
  assert.equal(scene.place(on.promise), "timed");
  scene.advance(3_600_000);
  assert.equal(scene.place(on.promise), "ready");
});
