import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { assert, test } from "../harness/test.ts";
import { json, Scene } from "./scene.ts";

test("the server stores the next item and acks it", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.item(on, 0, '"a"');
  scene.item(on, 1, '"b"');
  assert.deepEqual(scene.changes("item").map(({ seq, content }) => [seq, content]), [
    [1, json('"b"')],
  ]);
  assert.deepEqual(scene.effects("ack").map(({ seq }) => seq), [1]);
  assert.deepEqual(scene.effects("wake").map(({ promise }) => promise), [on.promise]);
  const { items, itemBytes } = scene.record(on.promise);
  assert.deepEqual({ items, itemBytes }, { items: 2, itemBytes: 6 });
});

test("an item that is stored already is ignored and acked again", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.item(on, 0, '"a"');
  scene.item(on, 0, '"other"');
  assert.deepEqual(scene.last.changes, []);
  assert.deepEqual(scene.effects("ack").map(({ seq }) => seq), [0]);
});

test("a gap is answered with an error that names the seq that was due", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.item(on, 0);
  scene.item(on, 2);
  assert.deepEqual(scene.last.changes, []);
  const [fault] = scene.effects("fault");
  assert.deepEqual([fault!.about, fault!.expected, fault!.lease], ["item", 1, on.lease]);
  scene.item(on, 1);
  assert.equal(scene.effects("ack").length, 1, "the lease stays open");
});

test("a new attempt continues the items, and what it replays is skipped", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.item(on, 0);
  scene.reject(on);
  scene.advance(60_000);
  const lease = scene.start(on.promise, on.session);
  assert.equal(scene.record(on.promise).items, 1);
  scene.item({ ...on, lease }, 0);
  assert.deepEqual(scene.last.changes, []);
  scene.item({ ...on, lease }, 1);
  scene.fulfill({ ...on, lease }, null);
  const { life, items } = scene.record(on.promise);
  assert.ok(life.state === "fulfilled");
  assert.deepEqual([life.result, items], [{ shape: "items", bytes: 2 }, 2]);
});

test("fulfill without value or items is an empty sequence", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.fulfill(on, null);
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "fulfilled");
  assert.deepEqual(life.result, { shape: "items", bytes: 0 });
});

test("chunks make one value", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.chunk(on, 0, "abc");
  scene.chunk(on, 1, "de");
  assert.deepEqual(scene.changes("piece").map(({ offset }) => offset), [3]);
  scene.fulfill(on, null, { contentType: "text/plain" });
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "fulfilled");
  assert.deepEqual(life.result, {
    shape: "value",
    type: "text/plain",
    bytes: 5,
    body: null,
  });
});

test("a new attempt begins its chunks anew, and the old ones go", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.chunk(on, 0, "abc");
  scene.chunk(on, 0, "abc");
  assert.equal(scene.effects("ack").length, 1, "a repeated chunk is acked again");
  assert.deepEqual(scene.last.changes, []);
  scene.reject(on);
  assert.equal(scene.changes("drop-pieces").length, 1);
  scene.advance(60_000);
  const lease = scene.start(on.promise, on.session);
  scene.chunk({ ...on, lease }, 1);
  assert.equal(scene.effects("fault")[0]!.expected, 0);
  scene.chunk({ ...on, lease }, 0, "x");
  assert.equal(scene.changes("piece")[0]!.offset, 0);
});

test("chunks go with whatever ends their attempt without a result", () => {
  const ends: ((scene: Scene, on: ReturnType<Scene["running"]>) => void)[] = [
    (scene, { promise }) => scene.step({ type: "kill", promise, reason: "" }),
    (scene, { session }) => scene.step({ type: "disconnect", session }),
    (scene, on) => scene.reject(on, { retryable: false }),
    (scene) => scene.advance(5_000),
  ];
  for (const end of ends) {
    const scene = new Scene();
    const on = scene.running({ timeoutMs: 5_000 });
    scene.chunk(on, 0);
    end(scene, on);
    assert.equal(scene.changes("drop-pieces").length, 1);
    assert.equal(scene.record(on.promise).chunks, 0);
  }
});

test("an item after chunks, a chunk after items, a value after either: an error, and the lease stays open", () => {
  const scene = new Scene();
  const chunked = scene.running();
  scene.chunk(chunked, 0);
  const itemised = scene.running();
  scene.item(itemised, 0);
  const acts = [
    () => scene.item(chunked, 0),
    () => scene.fulfill(chunked, "1"),
    () => scene.chunk(itemised, 0),
    () => scene.fulfill(itemised, "1"),
  ];
  for (const act of acts) {
    act();
    assert.deepEqual(scene.last.changes, []);
    assert.deepEqual(scene.last.effects.map(({ type }) => type), ["fault"]);
  }
  scene.fulfill(chunked, null);
  scene.fulfill(itemised, null);
  assert.equal(scene.state.leases.size, 0);
});

test("an item over its limit rejects the promise, not retryable, and the lease is lost", () => {
  const scene = new Scene({ limits: { ...DEFAULT_LIMITS, itemBytesMax: 4 } });
  const on = scene.running();
  scene.item(on, 0, "1234");
  scene.item(on, 1, "12345");
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "rejected");
  const { reason, name, retryable } = life.error;
  assert.deepEqual([reason, name, retryable], ["failed", "item-too-large", false]);
  assert.deepEqual(scene.effects("lost").map(({ lease }) => lease), [on.lease]);
  assert.equal(scene.effects("freed").length, 1);
});

test("a result over its limit rejects the promise, whichever way it comes", () => {
  const limits = { ...DEFAULT_LIMITS, resultBytesMax: 4, itemsMax: 2 };
  const ways: ((scene: Scene, on: ReturnType<Scene["running"]>) => void)[] = [
    (scene, on) => scene.fulfill(on, "12345"),
    (scene, on) => ["12", "345"].forEach((text, seq) => scene.item(on, seq, text)),
    (scene, on) => ["1", "2", "3"].forEach((text, seq) => scene.item(on, seq, text)),
    (scene, on) => ["12", "345"].forEach((text, seq) => scene.chunk(on, seq, text)),
  ];
  for (const way of ways) {
    const scene = new Scene({ limits });
    const on = scene.running();
    way(scene, on);
    const { life } = scene.record(on.promise);
    assert.ok(life.state === "rejected" && life.error.name === "result-too-large");
  }
});

test("a worker's tags add up with the posts'", () => {
  const scene = new Scene();
  const promise = scene.post({}, { tags: ["a", "b"] });
  const session = scene.connect();
  const lease = scene.start(promise, session);
  scene.fulfill({ session, lease }, "1", { tags: ["b", "c"] });
  assert.deepEqual(scene.record(promise).tags, ["a", "b", "c"]);
});

test("a worker may say how long its result is good for", () => {
  const scene = new Scene();
  const on = scene.running({ ttlMs: 60_000 });
  scene.fulfill(on, "1", { ttlMs: 5_000 });
  const { life } = scene.record(on.promise);
  assert.ok(life.state === "fulfilled");
  assert.equal(life.expiresAt - life.settledAt, 5_000);
});

test("a worker that says cancelled of what nobody cancelled gives the job back, which spends an attempt", () => {
  const scene = new Scene();
  const on = scene.running({ attempts: 2 });
  scene.step({ type: "cancelled", session: on.session, lease: on.lease });
  assert.equal(scene.record(on.promise).spent, 1);
  assert.equal(scene.record(on.promise).life.state, "pending");
});
