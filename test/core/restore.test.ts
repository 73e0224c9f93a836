import { State } from "../../src/core/state.ts";
import { checkState } from "../../src/core/invariants.ts";
import { recover } from "../../src/engine/recover.ts";
import { toBatch } from "../../src/store/layout.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { assert, test } from "../harness/test.ts";
import { connectCommand, Scene } from "./scene.ts";

test("leases that were out are open again, for the grace from now on", async () => {
  const scene = new Scene({ graceMs: 30_000 });
  const on = scene.running({ timeoutMs: 40_000 });
  scene.advance(20_000);
  const state = await restarted(scene);
  const lease = state.leases.get(on.lease)!;
  assert.deepEqual([lease.state, lease.promise, lease.attempt], ["held", on.promise, 1]);
  assert.equal(lease.timer!.at, scene.now.mono + 40_000, "the time limit begins anew");
  assert.equal(lease.session.id, on.session);
  assert.equal(lease.session.timer!.at, scene.now.mono + 30_000);
  assert.equal(state.nextDue, scene.now.mono + 30_000);
});

test("several leases of one worker come back in one session, under its name and principal", async () => {
  const scene = new Scene();
  const session = scene.connect("w1", { principal: "team" });
  for (let n = 0; n < 3; n++) scene.start(scene.post(), session);
  const state = await restarted(scene);
  assert.equal(state.sessions.size, 1);
  const found = state.sessionsByName.get("w1")!;
  assert.deepEqual([found.id, found.principal, found.leases.size], [session, "team", 3]);
});

test("a quarantined job that ran is known to run alone", async () => {
  const scene = new Scene({ graceMs: 1 });
  const promise = scene.post({ attempts: 9 });
  for (const name of ["w1", "w2"]) {
    scene.start(promise, scene.connect(name));
    scene.step({ type: "break", session: scene.state.sessionsByName.get(name)!.id });
    scene.advance(1);
  }
  const lease = scene.start(promise, scene.connect("w3"));
  assert.equal((await restarted(scene)).leases.get(lease)!.isAlone, true);
});

test("chunks go on where they were", async () => {
  const scene = new Scene();
  const on = scene.running();
  scene.chunk(on, 0, "abc");
  const { chunks, chunkBytes } = (await restarted(scene)).promises.get(on.promise)!.record;
  assert.deepEqual([chunks, chunkBytes], [1, 3]);
});

test("jobs that wait for a time, or for a slot, wait again", async () => {
  const scene = new Scene();
  const delayed = scene.post({ delayMs: 50_000 });
  const ready = scene.post();
  const retried = scene.running();
  scene.reject(retried);
  scene.step(connectCommand("w1"));
  const state = await restarted(scene);
  const places = [delayed, ready, retried.promise].map((id) => state.promises.get(id)!.place);
  assert.deepEqual(places, ["timed", "ready", "timed"]);
  assert.deepEqual([...state.waitingBy], [["ada", 3]]);
});

test("settled promises and cancelled leases do not come back", async () => {
  const scene = new Scene();
  const on = scene.running();
  scene.step({ type: "kill", promise: on.promise, reason: "" });
  const state = await restarted(scene);
  assert.deepEqual([state.promises.size, state.leases.size, state.sessions.size], [0, 0, 0]);
});

/** The state that a restart of the scene's server would find. */
async function restarted(scene: Scene): Promise<State> {
  const store = memoryStore();
  for (const changes of scene.taken) await store.commit(toBatch(changes));
  const state = new State(scene.settings);
  await recover(store, state, { now: scene.now, isRestart: true });
  checkState(state);
  return state;
}
