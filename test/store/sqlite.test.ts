// What the file backend promises beyond the contract: whose file it takes, one server a file, and what it does when
// its thread, its disk or its file fails.

import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, assert, test } from "../harness/test.ts";
import { ManualClock } from "../harness/manual-clock.ts";
import { type KV, StoreError, type StoreErrorCode } from "../../src/store/kv.ts";
import { openSqlite, SNAPSHOT_MS_MAX, spawnThread } from "../../src/store/sqlite.ts";
import { FILE_VERSION } from "../../src/store/sqlite-file.ts";
import { ANSWER_MS_MAX } from "../../src/store/sqlite-lane.ts";
import { tupleKey } from "../../src/store/tuple.ts";

const folder = mkdtempSync(join(tmpdir(), "hearty-sqlite-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

const A = tupleKey("a");
const B = tupleKey("b");
const ALL = { from: new Uint8Array(0), to: Uint8Array.of(255) };
const VALUE = Uint8Array.of(1, 2, 3);

test("a second store on a file is refused until the first is closed, also under another name", async () => {
  const path = newPath();
  const first = await openSqlite(path);
  const link = newPath();
  symlinkSync(path, link);
  for (const name of [path, link]) {
    await assertRefused(openSqlite(name), "Cannot open the store: another server has it open");
  }
  await put(first, A);
  await first.close();
  const second = await openSqlite(link);
  assert.deepEqual(await second.get(A), VALUE);
  await second.close();
});

test("a closed store is one file, whole without its log", async () => {
  const path = newPath();
  const store = await openSqlite(path);
  await put(store, A);
  await store.close();
  assert.ok(!existsSync(`${path}-wal`) && !existsSync(`${path}-shm`));
  const copy = newPath();
  copyFileSync(path, copy);
  const again = await openSqlite(copy);
  assert.deepEqual(await again.get(A), VALUE);
  await again.close();
});

test("a store that is durable to the process alone keeps what it is closed with", async () => {
  const path = newPath();
  const store = await openSqlite(path, { durability: "normal" });
  await put(store, A);
  await store.close();
  const again = await openSqlite(path, { durability: "normal" });
  assert.deepEqual(await again.get(A), VALUE);
  await again.close();
});

test("what is not a store of ours is refused and left as it is", async () => {
  const text = newPath();
  writeFileSync(text, "Dear diary, ".repeat(1_000));
  const foreign = newPath();
  const db = new DatabaseSync(foreign);
  db.exec("CREATE TABLE cats (name TEXT); INSERT INTO cats VALUES ('Mia')");
  db.close();
  for (const [path, words] of [[text, "not a store of Hearty"], [foreign, "another application"]]) {
    const before = readFileSync(path!);
    await assertRefused(openSqlite(path!), words!);
    assert.deepEqual(readFileSync(path!), before);
    assert.ok(!existsSync(`${path}-wal`));
  }
});

test("a file of a newer version is refused", async () => {
  const path = newPath();
  await (await openSqlite(path)).close();
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${FILE_VERSION + 1}`);
  db.close();
  await assertRefused(openSqlite(path), "a newer Hearty has written it: it has version 2");
});

test("an empty file becomes a store", async () => {
  const path = newPath();
  writeFileSync(path, "");
  const store = await openSqlite(path);
  await put(store, A);
  await store.close();
});

test("a folder, and a file in no folder, are refused; the disk's paths are not told", async () => {
  const path = newPath();
  mkdirSync(path);
  await assertRefused(openSqlite(path), "it is a folder, wanted a file");
  await assertRefused(openSqlite(join(path, "none", "a.db")), "its folder is not there");
  const file = newPath();
  writeFileSync(file, "");
  await assertRefused(openSqlite(join(file, "a.db")), "Cannot open the store: ");
});

test("when the writer's thread fails, what waits fails, and the next commit has a new one", async () => {
  const { store, threads } = await openWatched();
  await put(store, A);
  threads[0]!.postMessage("no message of ours");
  await assertLostOnce(() => [put(store, B), put(store, B)]);
  assert.equal(threads.length, 3, "writer, reader, new writer");
  assert.deepEqual(await store.getMany([A, B]), [VALUE, VALUE]);
  await store.close();
});

test("when the reader's thread fails, reads go on with a new one; its snapshots are lost", async () => {
  const { store, threads } = await openWatched();
  await put(store, A);
  const snapshot = await store.snapshot();
  threads[1]!.postMessage("no message of ours");
  await assertLostOnce(() => [store.get(A), store.list(ALL)]);
  assert.equal(threads.length, 3);
  await assertRefused(snapshot.get(A), "the snapshot is lost");
  await snapshot.close();
  await put(store, B);
  assert.deepEqual(await store.getMany([A, B]), [VALUE, VALUE]);
  await store.close();
});

test("a thread that is silent for too long is given up, and no call hangs", async () => {
  const clock = new ManualClock();
  const path = newPath();
  let isDeaf = false;
  const spawn = () => {
    const thread = spawnThread();
    const { postMessage } = thread;
    thread.postMessage = (...args: unknown[]) => {
      if (!isDeaf) Reflect.apply(postMessage, thread, args);
    };
    return thread;
  };
  const store = await openSqlite(path, { clock }, spawn);
  isDeaf = true;
  const calls = [put(store, A), put(store, B), store.get(A)];
  const refused = calls.map((call) => assertRefused(call, "the thread of its file is silent"));
  await clock.advance(ANSWER_MS_MAX);
  await Promise.all(refused);
  isDeaf = false;
  await put(store, B);
  assert.deepEqual(await store.getMany([A, B]), [null, VALUE]);
  await store.close();
});

test("a file that vanished under a running store is not made anew", async () => {
  const { store, threads, path } = await openWatched();
  await put(store, A);
  threads[0]!.postMessage("no message of ours");
  rmSync(path);
  rmSync(`${path}-wal`);
  await assert.rejects(async () => {
    for (;;) await put(store, B);
  }, StoreError);
  await assertRefused(put(store, B), "its file has been removed or emptied");
  await store.close();
});

test("a full file refuses to grow; reads and deletes go on, and then commits, by themselves", async () => {
  const store = await openSqlite(newPath(), { fileBytesMax: 512 * 1024 });
  const big = new Uint8Array(60_000);
  const keys = Array.from({ length: 20 }, (_, i) => tupleKey("row", i));
  let stored = 0;
  await assertRefused(
    (async () => {
      for (const key of keys) {
        await store.commit({ puts: [{ key, value: big }], deletes: [] });
        stored++;
      }
    })(),
    "Cannot commit: its disk is full",
  );
  assert.ok(stored >= 6 && stored <= 8, `${stored} rows were stored`);
  assert.equal((await store.list(ALL)).length, stored);
  assert.ok((await store.size()).freeBytes! < 100_000);

  await store.commit({ puts: [], deletes: keys.slice(0, 3) });
  await store.commit({ puts: [{ key: B, value: big }], deletes: [] });
  assert.equal((await store.list(ALL)).length, stored - 2);
  await store.close();
});

test("of a group that has no room, the batches before the one too many are done", async () => {
  const store = await openSqlite(newPath(), { fileBytesMax: 256 * 1024 });
  const batches = [VALUE, VALUE, new Uint8Array(400_000), VALUE];
  const outcomes = await Promise.allSettled(
    batches.map((value, i) => store.commit({ puts: [{ key: tupleKey(i), value }], deletes: [] })),
  );
  assert.deepEqual(outcomes.map(({ status }) => status), [
    "fulfilled",
    "fulfilled",
    "rejected",
    "rejected",
  ]);
  assert.equal((await store.list(ALL)).length, 2);
  await store.close();
});

test("damage of the file is told, and what is whole is still read", async () => {
  const path = newPath();
  const store = await openSqlite(path);
  const value = new Uint8Array(300).fill(7);
  const puts = Array.from({ length: 2_000 }, (_, i) => ({ key: tupleKey(i), value }));
  await store.commit({ puts, deletes: [] });
  await store.close();
  overwrite(path, 300_000, new Uint8Array(8_192).fill(0xa5));

  const damaged = await openSqlite(path);
  await assertRefused(damaged.list(ALL), "Cannot read the store: its file is damaged");
  const outcomes = await Promise.allSettled(puts.map(({ key }) => damaged.get(key)));
  const whole = outcomes.filter((o) => o.status === "fulfilled" && o.value?.length === 300);
  assert.ok(whole.length > 1_900, `${whole.length} of 2,000 rows were read`);
  await damaged.close();
});

test("a snapshot ends by itself when it is open for too long", async () => {
  const clock = new ManualClock();
  const store = await openSqlite(newPath(), { clock });
  const snapshot = await store.snapshot();
  assert.equal(await snapshot.get(A), null);
  await clock.advance(SNAPSHOT_MS_MAX);
  await assertRefused(snapshot.get(A), "it was open for too long", "closed");
  await snapshot.close();
  await store.close();
  assert.equal(clock.waiting, 0, "a closed store leaves no timer");
});

test("snapshots have a limit, and a closed one makes room", async () => {
  const store = await openSqlite(newPath());
  const snapshots = await Promise.all(Array.from({ length: 16 }, () => store.snapshot()));
  await assertRefused(store.snapshot(), "16 snapshots are open already");
  await snapshots[0]!.close();
  await store.snapshot();
  await store.close();
});

function newPath(): string {
  return join(folder, `${files++}.db`);
}

function put(store: KV, key: Uint8Array): Promise<void> {
  return store.commit({ puts: [{ key, value: VALUE }], deletes: [] });
}

/** A store whose threads can be hurt: first the writer's, then the reader's, then their successors. */
async function openWatched(): Promise<{ store: KV; threads: Worker[]; path: string }> {
  const path = newPath();
  const threads: Worker[] = [];
  const store = await openSqlite(path, {}, () => {
    const thread = spawnThread();
    threads.push(thread);
    return thread;
  });
  return { store, threads, path };
}

async function assertRefused(
  call: Promise<unknown>,
  words: string,
  code: StoreErrorCode = "unavailable",
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code);
    assert.ok(error.message.includes(words), error.message);
    assert.ok(!error.message.includes(folder), "the message names no path");
    return true;
  });
}

/** A hurt thread may still answer what came before; then what waits for it fails, and what comes next does not. */
async function assertLostOnce(calls: () => Promise<unknown>[]): Promise<void> {
  let outcomes: PromiseSettledResult<unknown>[];
  do outcomes = await Promise.allSettled(calls()); while (
    outcomes.every(({ status }) => status === "fulfilled")
  );
  assert.ok(outcomes.every(isLost));
  await Promise.all(calls());
}

function isLost(outcome: PromiseSettledResult<unknown>): boolean {
  return outcome.status === "rejected" && outcome.reason instanceof StoreError &&
    outcome.reason.message.startsWith("Cannot use the store: the thread of its file");
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  assert.ok(statSync(path).size > at + bytes.length);
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}
