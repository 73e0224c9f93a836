// A checker that finds nothing is worth nothing: each invariant is broken by hand, and the checker must name it.

import { checkMove, checkState, checkStep } from "../../src/core/invariants.ts";
import type { Lease } from "../../src/core/lease.ts";
import type { PromiseRecord } from "../../src/core/promise.ts";
import type { Entry } from "../../src/core/state.ts";
import type { Session } from "../../src/core/session.ts";
import { assert, test } from "../harness/test.ts";
import { keyOf, Scene } from "./scene.ts";

/** A state with a job that runs, one that waits for a time, one that waits for a slot, and a broken worker. */
function busy() {
  const scene = new Scene();
  const on = scene.running({ timeoutMs: 60_000 });
  const timed = scene.post({ delayMs: 10_000 });
  const ready = scene.post({ owner: "bob" });
  const broken = scene.running();
  scene.step({ type: "break", session: broken.session });
  const { state } = scene;
  const entry = (id: typeof ready): Entry => state.promises.get(id)!;
  const change = (id: typeof ready, by: Partial<PromiseRecord>) => {
    entry(id).record = { ...entry(id).record, ...by };
  };
  const lease: Lease = state.leases.get(on.lease)!;
  const session: Session = state.sessions.get(on.session)!;
  return { scene, state, on, timed, ready, broken, entry, change, lease, session };
}

type Busy = ReturnType<typeof busy>;

const breakages: readonly (readonly [number: string, what: string, act: (b: Busy) => void])[] = [
  ["A1", "chunks that nobody sends", ({ change, ready }) => change(ready, { chunks: 1 })],
  ["A2", "items beside chunks", ({ change, on }) => change(on.promise, { items: 1, chunks: 1 })],
  ["D1", "an id beyond the last one", ({ state, timed }) => state.lastId = timed],
  ["P2", "bytes without items", ({ change, ready }) => change(ready, { itemBytes: 1 })],
  ["P2", "half an item", ({ change, ready }) => change(ready, { items: 0.5 })],
  ["P3", "more attempts spent than begun", ({ change, ready }) => change(ready, { spent: 1 })],
  ["P3", "a lease of an older attempt", ({ change, on }) => change(on.promise, { attempt: 2 })],
  [
    "P4",
    "a pending job that nobody wants",
    ({ change, ready }) => change(ready, { interests: [] }),
  ],
  ["N1", "an interest twice", ({ change, entry, ready }) => {
    const { interests } = entry(ready).record;
    change(ready, { interests: [...interests, ...interests] });
  }],
  ["N2", "wishes of nobody", ({ change, entry, ready }) => {
    change(ready, { wishes: { ...entry(ready).record.wishes, attempts: 99 } });
  }],
  ["N2", "a time limit of nobody", ({ state, lease }) => {
    state.disarm(lease.timer);
    lease.timer = state.arm(1, { type: "lease", id: lease.id });
  }],
  ["N3", "an interest that nothing holds", ({ change, entry, ready }) => {
    const interests = entry(ready).record.interests.map((i) => ({ ...i, isLasting: false }));
    change(ready, { interests });
  }],
  ["S1", "a running job in the queue", ({ entry, on }) => entry(on.promise).place = "ready"],
  ["S1", "a job that waits for no time", ({ entry, ready }) => entry(ready).place = "timed"],
  ["S2", "a wrong count", ({ state }) => state.waitingBy.set("ada", 7)],
  ["S2", "a count of nobody", ({ state }) => state.waitingBy.set("cyd", 1)],
  ["S3", "a key that names nobody", ({ state, ready }) => state.byKey.set(keyOf("x"), ready)],
  ["S3", "a job that its key does not name", ({ state, entry, ready }) => {
    state.byKey.delete(entry(ready).record.key);
  }],
  ["L1", "a job without its lease", ({ state, on }) => state.leases.delete(on.lease)],
  ["L1", "a lease that its session forgot", ({ session }) => session.leases.clear()],
  ["L1", "a cancelled lease of a running job", ({ lease }) => lease.state = "cancelling"],
  ["L4", "a job that is alone without need", ({ state, lease }) => {
    state.leases.set(lease.id, Object.assign(lease, { isAlone: true }));
  }],
  ["W1", "a name twice", ({ state, session }) => state.sessionsByName.set("other", session)],
  ["W1", "a session without its name", ({ state, session }) => {
    state.sessionsByName.delete(session.name);
  }],
  ["W2", "a worker without slots", ({ session }) => session.concurrency = 0],
  ["W3", "a broken session without an end", ({ state, broken }) => {
    const session = state.sessions.get(broken.session)!;
    state.disarm(session.timer);
    session.timer = null;
  }],
  ["T1", "a timer of nobody", ({ state }) => {
    state.arm(1, { type: "lease", id: "none" as Lease["id"] });
  }],
  ["T1", "a timer that is not in the heap", ({ state, entry, timed }) => {
    state.disarm(entry(timed).timer);
  }],
  ["T1", "a delayed job that nothing wakes", ({ state, entry, timed }) => {
    state.disarm(entry(timed).timer);
    entry(timed).timer = null;
  }],
];

for (const [number, what, act] of breakages) {
  test(`the checker finds ${what}: ${number}`, () => {
    const scene = busy();
    checkState(scene.state);
    act(scene);
    assert.throws(() => checkState(scene.state), new RegExp(`^AssertionError: ${number}:`));
  });
}

test("the checker finds moves that no promise makes", () => {
  const scene = new Scene();
  const on = scene.running();
  const running = scene.record(on.promise);
  scene.item(on, 0);
  const item = scene.record(on.promise);
  scene.fulfill(on, null);
  const done = scene.record(on.promise);
  const moves: [string, PromiseRecord, PromiseRecord][] = [
    ["P1", done, { ...done, items: 2 }],
    ["P1", done, { ...done, tags: ["late"] }],
    ["P1", done, item],
    ["P1", running, { ...running, key: keyOf("other") }],
    ["P1", { ...running, tags: ["a"] }, running],
    ["P2", item, running],
    ["A1", running, { ...running, chunks: 2, chunkBytes: 2 }],
    ["P2", running, { ...item, items: 2, itemBytes: 2 }],
    ["P3", running, { ...running, startedAt: 7 }],
  ];
  for (const [number, was, record] of moves) {
    assert.throws(() => checkMove(was, record), new RegExp(`^AssertionError: ${number}:`));
  }
  checkMove(running, item);
  checkMove(item, done);
});

test("the checker finds an item that is counted and not stored, or stored and not counted", () => {
  const scene = new Scene();
  const on = scene.running();
  scene.item(on, 0);
  const [update] = scene.changes("update");
  const [item] = scene.changes("item");
  checkStep({ changes: [update!, item!] });
  for (const changes of [[update!], [update!, { ...item!, seq: 1 }], [update!, item!, item!]]) {
    assert.throws(() => checkStep({ changes }), /P2:/);
  }
  const same = { ...update!, record: update!.was };
  assert.throws(() => checkStep({ changes: [same, item!] }), /P2:/);
});
