import { seededRandom } from "../../src/base/random.ts";
import { nextPromiseId, type PromiseId } from "../../src/core/ids.ts";
import type { RunInput } from "../../src/core/command.ts";
import {
  isSettled,
  type PromiseRecord,
  type SettledRecord,
  SMALL_BYTES_MAX,
} from "../../src/core/promise.ts";
import type { KV } from "../../src/store/kv.ts";
import {
  listExpired,
  listPending,
  listPromises,
  PIECE_BYTES_MAX,
  probeBatch,
  readCurrent,
  readInput,
  readItems,
  readKinds,
  readLastId,
  readNextExpiry,
  readPiece,
  readPromise,
  toBatch,
} from "../../src/store/layout.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { tupleKey } from "../../src/store/tuple.ts";
import { connectCommand, KIND, offerOf, Scene } from "../core/scene.ts";
import { assert, test } from "../harness/test.ts";

test("a created promise is found by its id, by its key, among the pending ones, with its input", async () => {
  const { store, scene } = await desk();
  const promise = scene.post();
  await save(store, scene);
  const record = scene.record(promise);
  assert.deepEqual(await readPromise(store, promise), record);
  assert.equal(await readCurrent(store, record.key), promise);
  assert.deepEqual(await listPending(store, { after: null, limit: 9 }), [record]);
  assert.equal(new TextDecoder().decode(record.input!.posted.body), '"job 0"');
  assert.equal(await readInput(store, promise), null);
  assert.equal(await readNextExpiry(store), null);
});

test("a large input has a row of its own", async () => {
  const { store, scene } = await desk();
  const { promise, run } = postLarge(scene);
  await save(store, scene);
  assert.equal(scene.record(promise).input, null);
  const { contentType, body } = run;
  assert.deepEqual(await readInput(store, promise), { posted: { contentType, body }, run });
});

test("a settled promise is pending no more, and is found by when it goes", async () => {
  const { store, scene } = await desk();
  const record = await settle(store, scene, 5_000);
  const { expiresAt } = record.life;
  assert.deepEqual(await listPending(store, { after: null, limit: 9 }), []);
  assert.equal(await readNextExpiry(store), expiresAt);
  const expired = (until: number) => listExpired(store, { until, after: null, limit: 9 });
  assert.deepEqual(await expired(expiresAt), []);
  assert.deepEqual(await expired(expiresAt + 1), [{ id: record.id, expiresAt }]);
});

test("when an expiry moves, the old row goes", async () => {
  const { store, scene } = await desk();
  const record = await settle(store, scene, 5_000);
  scene.step({ type: "keep", record, ttlMs: 9_000 });
  await save(store, scene);
  const expired = await listExpired(store, {
    until: Number.MAX_SAFE_INTEGER,
    after: null,
    limit: 9,
  });
  assert.deepEqual(expired, [{ id: record.id, expiresAt: record.life.settledAt + 9_000 }]);
});

test("a key's current promise is its newest, whatever becomes of older ones", async () => {
  const { store, scene } = await desk();
  const first = await settle(store, scene, 5_000);
  const second = scene.post({}, { key: first.key });
  await save(store, scene);
  assert.equal(await readCurrent(store, first.key), second);
  scene.step({ type: "forget", records: [first] });
  await save(store, scene);
  assert.equal(await readCurrent(store, first.key), second);
});

test("a forgotten promise leaves nothing but the greatest id", async () => {
  const { store, scene } = await desk();
  const record = await settle(store, scene, 5_000);
  scene.step({ type: "forget", records: [record] });
  await save(store, scene);
  const rows = await store.list({ from: Uint8Array.of(0), to: Uint8Array.of(255) });
  assert.deepEqual(rows.map(({ key }) => key), [tupleKey("m", "floor"), tupleKey("n", KIND)]);
  assert.equal(await readLastId(store), record.id);
});

test("items are read from any seq on, and pages end where the items do", async () => {
  const { store, scene } = await desk();
  const on = scene.running();
  await save(store, scene);
  for (let seq = 0; seq < 5; seq++) {
    scene.item(on, seq);
    await save(store, scene);
  }
  const seqs = async (seq: number, limit: number) => {
    const items = await readItems(store, on.promise, { seq, limit });
    assert.ok(items !== "damaged");
    return items.map((item) => [item.seq, new TextDecoder().decode(item.body)]);
  };
  assert.deepEqual(await seqs(0, 2), [[0, "0"], [1, "1"]]);
  assert.deepEqual(await seqs(3, 10), [[3, "3"], [4, "4"]]);
  assert.deepEqual(await seqs(5, 10), []);
});

test("a large value is cut into rows and read from any byte on", async () => {
  const { store, scene } = await desk();
  const on = scene.running();
  await save(store, scene);
  const body = seededRandom(1).bytes(2 * PIECE_BYTES_MAX + 5);
  const content = { contentType: "a/b", body };
  scene.step({ type: "fulfill", ...on, content, contentType: null, tags: [], ttlMs: null });
  await save(store, scene);
  for (
    const at of [0, 1, PIECE_BYTES_MAX - 1, PIECE_BYTES_MAX, 2 * PIECE_BYTES_MAX, body.length - 1]
  ) {
    const piece = await readPiece(store, on.promise, at);
    assert.ok(piece !== null && piece !== "damaged" && piece.length > 0);
    assert.deepEqual(piece, body.slice(at, at + piece.length));
  }
  assert.equal(await readPiece(store, on.promise, body.length), null);
});

test("a small value is part of the record, and so is an empty one", async () => {
  for (const text of ["", "12"]) {
    const { store, scene } = await desk();
    const on = scene.running();
    scene.fulfill(on, text);
    await save(store, scene);
    assert.equal(await readPiece(store, on.promise, 0), null);
    const record = await readPromise(store, on.promise);
    assert.ok(record !== null && record !== "damaged" && record.life.state === "fulfilled");
    assert.ok(record.life.result.shape === "value");
    assert.equal(new TextDecoder().decode(record.life.result.body!), text);
  }
});

test("chunks of an attempt that failed are gone, and what follows is read alone", async () => {
  const { store, scene } = await desk();
  const on = scene.running();
  await save(store, scene);
  for (
    const act of [
      () => scene.chunk(on, 0, "abc"),
      () => scene.chunk(on, 1, "def"),
      () => scene.reject(on),
    ]
  ) {
    act();
    await save(store, scene);
  }
  assert.equal(await readPiece(store, on.promise, 0), null);
  scene.advance(60_000);
  const lease = scene.start(on.promise, on.session);
  await save(store, scene);
  scene.chunk({ ...on, lease }, 0, "vwxyz");
  await save(store, scene);
  const read = await readPiece(store, on.promise, 3);
  assert.ok(read !== null && read !== "damaged");
  assert.equal(new TextDecoder().decode(read), "yz");
});

test("promises are listed newest or oldest first, page by page", async () => {
  const { store, scene } = await desk();
  const ids: PromiseId[] = [];
  for (let n = 0; n < 5; n++) {
    ids.push(scene.post());
    await save(store, scene);
  }
  const page = async (after: PromiseId | null, order: "newest" | "oldest") => {
    const records = await listPromises(store, { after, order, limit: 2 });
    return records.map((one) => ids.indexOf((one as PromiseRecord).id));
  };
  assert.deepEqual(await page(null, "newest"), [4, 3]);
  assert.deepEqual(await page(ids[3]!, "newest"), [2, 1]);
  assert.deepEqual(await page(null, "oldest"), [0, 1]);
  assert.deepEqual(await page(ids[3]!, "oldest"), [4]);
  const pending = await listPending(store, { after: ids[1]!, limit: 2 });
  assert.deepEqual(pending, [scene.record(ids[2]!), scene.record(ids[3]!)]);
});

test("expired promises are listed page by page", async () => {
  const { store, scene } = await desk();
  const records: SettledRecord[] = [];
  for (let n = 0; n < 5; n++) records.push(await settle(store, scene, 1_000 * (n % 3)));
  const found: PromiseId[] = [];
  let after = null;
  do {
    const page: Awaited<ReturnType<typeof listExpired>> = await listExpired(store, {
      until: Number.MAX_SAFE_INTEGER,
      after,
      limit: 2,
    });
    found.push(...page.map(({ id }) => id));
    after = page.at(-1) ?? null;
  } while (after !== null);
  assert.deepEqual(found, [0, 3, 1, 4, 2].map((n) => records[n]!.id));
});

test("a row that was changed is damage, and says so", async () => {
  const { store, scene } = await desk();
  const on = scene.running();
  const { promise: large } = postLarge(scene);
  await save(store, scene);
  scene.item(on, 0);
  await save(store, scene);
  const rows = await store.list({ from: Uint8Array.of(0), to: Uint8Array.of(255) });
  for (const { key, value } of rows) {
    if (value.length === 0) continue;
    await store.commit({ puts: [{ key, value: value.with(-1, value.at(-1)! ^ 1) }], deletes: [] });
  }
  const { promise } = on;
  assert.equal(await readPromise(store, promise), "damaged");
  assert.equal(await readInput(store, large), "damaged");
  assert.equal(await readItems(store, promise, { seq: 0, limit: 9 }), "damaged");
  assert.deepEqual(await readKinds(store), { kinds: [], damaged: 1 });
  assert.deepEqual(await listPromises(store, { after: null, order: "newest", limit: 9 }), [
    { damaged: large },
    { damaged: promise },
  ]);
});

test("items before a damaged one are read", async () => {
  const { store, scene } = await desk();
  const on = scene.running();
  await save(store, scene);
  for (let seq = 0; seq < 3; seq++) {
    scene.item(on, seq);
    await save(store, scene);
  }
  const key = tupleKey("d", Uint8Array.fromHex(on.promise.replaceAll("-", "")), "t", 1);
  await store.commit({ puts: [{ key, value: new Uint8Array(9) }], deletes: [] });
  const items = await readItems(store, on.promise, { seq: 0, limit: 9 });
  assert.ok(items !== "damaged");
  assert.deepEqual(items.map(({ seq }) => seq), [0]);
  assert.equal(await readItems(store, on.promise, { seq: 1, limit: 9 }), "damaged");
});

test("more kinds than a page holds are all read", async () => {
  const store = memoryStore();
  const scene = new Scene();
  for (let n = 0; n < 1_001; n++) {
    scene.step({ type: "define", offer: offerOf(`kind-${n}` as typeof KIND) });
    await save(store, scene);
  }
  assert.equal((await readKinds(store)).kinds.length, 1_001);
});

test("an empty store knows no id, and a probe changes nothing of that", async () => {
  const store = memoryStore();
  await store.commit(probeBatch());
  assert.equal(await readLastId(store), null);
  assert.deepEqual(await listPromises(store, { after: null, order: "oldest", limit: 9 }), []);
  const id = nextPromiseId(null, 1, seededRandom(1));
  assert.equal(await readPromise(store, id), null);
  assert.equal(await readInput(store, id), null);
});

/** Posts a job whose input has a row of its own. */
function postLarge(scene: Scene): { promise: PromiseId; run: RunInput } {
  const run = { contentType: "a/b", body: new Uint8Array(SMALL_BYTES_MAX + 1), isValue: false };
  const { contentType, body } = run;
  return { promise: scene.post({}, { input: { contentType, body }, run }), run };
}

async function desk(): Promise<{ store: KV; scene: Scene }> {
  const store = memoryStore();
  const scene = new Scene();
  scene.step(connectCommand("w0"));
  await save(store, scene);
  return { store, scene };
}

/** Commits the last steps of a scene. */
async function save(store: KV, scene: Scene): Promise<void> {
  for (const changes of scene.taken.splice(0)) await store.commit(toBatch(changes));
}

async function settle(store: KV, scene: Scene, ttlMs: number): Promise<SettledRecord> {
  const promise = scene.post({ ttlMs });
  scene.step({ type: "kill", promise, reason: "" });
  await save(store, scene);
  const record = scene.record(promise);
  assert.ok(isSettled(record));
  return record;
}
