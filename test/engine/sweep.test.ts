import { changeSettled } from "../../src/engine/settled.ts";
import { forgetNow, sweepOnce } from "../../src/engine/sweep.ts";
import { readNextExpiry } from "../../src/store/layout.ts";
import type { PostCommand } from "../../src/core/command.ts";
import { decodeTuple, tupleKey } from "../../src/store/tuple.ts";
import { postCommand } from "../core/scene.ts";
import { type Fixture, hearty } from "../harness/hearty.ts";
import { assert, test } from "../harness/test.ts";

test("a settled promise goes, with all its rows, when its time has come and not before", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a", { ttlMs: 60_000 });
  await h.engine.done({ type: "kill", promise, reason: "" });
  await h.clock.advance(60_000);
  assert.equal((await h.record(promise)).id, promise);
  await h.clock.advance(2_000);
  assert.deepEqual(await rows(h), ['["m","floor"]']);
  assert.equal(await readNextExpiry(h.store), null);
});

test("the greatest id stays known when its promise goes, so that no id comes twice", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a", { ttlMs: 1 });
  await h.engine.done({ type: "kill", promise, reason: "" });
  await h.clock.advance(5_000);
  await h.restart();
  assert.equal(h.engine.state.lastId, promise);
});

test("many promises go in steps, the ones that stay stay", async () => {
  await using h = await hearty();
  const ids = [];
  for (let n = 0; n < 250; n++) {
    const { outcome } = h.engine.run(command(n));
    assert.ok(outcome.type === "posted");
    ids.push(outcome.promise);
  }
  for (const promise of ids) h.engine.run({ type: "kill", promise, reason: "" });
  await h.engine.durable;
  await h.clock.advance(10_500);
  const gone = ids.filter((_, n) => n * 43 < 10_000).length;
  assert.equal((await rows(h)).filter((row) => row.startsWith('["p"')).length, 250 - gone);
});

test("a damaged promise is passed over, and holds up no other", async () => {
  await using h = await hearty();
  for (let n = 0; n < 150; n++) {
    const { outcome } = h.engine.run(command(0, `damaged ${n}`));
    assert.ok(outcome.type === "posted");
    h.engine.run({ type: "kill", promise: outcome.promise, reason: "" });
    const key = tupleKey("p", Uint8Array.fromHex(outcome.promise.replaceAll("-", "")));
    await h.store.commit({ puts: [{ key, value: new Uint8Array(9) }], deletes: [] });
  }
  h.engine.records.clear();
  const { outcome } = h.engine.run(command(1, "whole"));
  assert.ok(outcome.type === "posted");
  h.engine.run({ type: "kill", promise: outcome.promise, reason: "" });
  await h.clock.advance(60_000);
  const left = await rows(h);
  const hex = outcome.promise.replaceAll("-", "");
  assert.ok(!left.some((row) => row.includes(hex)), "the whole one has gone");
  assert.equal(left.filter((row) => row.startsWith('["p"')).length, 150);
});

test("an unfinished promise is neither swept nor forgotten, however long it takes", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a", { ttlMs: 1 });
  await h.clock.advance(100_000);
  await sweepOnce(h.engine);
  assert.equal(await forgetNow(h.engine, promise), false);
  assert.equal((await h.record(promise)).life.state, "pending");
});

test("a promise that somebody keeps just before it is swept stays", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a", { ttlMs: 60_000 });
  await h.engine.done({ type: "kill", promise, reason: "" });
  await h.clock.advance(60_500);
  const kept = changeSettled(h.engine, promise, (record) => {
    return h.engine.done({ type: "keep", record, ttlMs: 900_000 });
  });
  await sweepOnce(h.engine);
  await kept;
  assert.equal((await h.record(promise)).id, promise);
});

test("a settled promise can be forgotten at once, and once", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a");
  await h.engine.done({ type: "kill", promise, reason: "" });
  assert.deepEqual(
    await Promise.all([forgetNow(h.engine, promise), forgetNow(h.engine, promise)]),
    [true, false],
  );
  assert.equal(await forgetNow(h.engine, promise), false);
});

test("a sweep that meets a failing store is tried again", async () => {
  await using h = await hearty();
  const { promise } = await h.post("a", { ttlMs: 1 });
  await h.engine.done({ type: "kill", promise, reason: "" });
  h.store.failingReads = 1;
  await h.clock.advance(1_500);
  assert.equal(h.faults.splice(0).length, 1);
  await h.clock.advance(2_000);
  assert.deepEqual(await rows(h), ['["m","floor"]']);
});

/** Every row, readably. */
async function rows(h: Fixture): Promise<string[]> {
  const range = { from: Uint8Array.of(0), to: Uint8Array.of(255) };
  const all = await h.store.list(range, { limit: 1e6 });
  return all.map(({ key }) =>
    JSON.stringify(
      decodeTuple(key),
      (_, part) => part instanceof Uint8Array ? part.toHex() : part,
    )
  );
}

/** The n-th job goes after n × 43 ms. */
function command(n: number, name = `job ${n}`): PostCommand {
  return postCommand(name, { ttlMs: n * 43 });
}
