import { currentOffer } from "../../src/core/kind.ts";
import { assert, test } from "../harness/test.ts";
import { connectCommand, KIND, offerOf, Scene } from "./scene.ts";

test("the version that was first seen last is current, and a reconnect changes nothing", () => {
  const scene = new Scene();
  hello(scene, "w1", "1");
  hello(scene, "w2", "2");
  assert.equal(scene.state.kinds.get(KIND)!.current, "2");
  hello(scene, "w3", "1");
  assert.equal(scene.state.kinds.get(KIND)!.current, "2");
  assert.deepEqual(scene.changes("kind"), []);
});

test("what the server's owner defines outranks workers", () => {
  const scene = new Scene();
  hello(scene, "w1", "1");
  scene.step({ type: "define", offer: offerOf(KIND, { version: "3", ttlMs: 7 }) });
  hello(scene, "w2", "4");
  hello(scene, "w3", "3");
  const kind = scene.state.kinds.get(KIND)!;
  assert.deepEqual([kind.current, currentOffer(kind).ttlMs], ["3", 7]);
  assert.deepEqual(kind.versions.map(({ version }) => version), ["1", "3", "4"]);
});

test("a worker that says other things of a version is believed", () => {
  const scene = new Scene();
  hello(scene, "w1", "1");
  scene.step(connectCommand("w2", { offers: [offerOf(KIND, { version: "1", attempts: 9 })] }));
  assert.equal(currentOffer(scene.state.kinds.get(KIND)!).attempts, 9);
});

test("a kind is known when its workers have gone", () => {
  const scene = new Scene();
  hello(scene, "w1", "1");
  scene.step({ type: "break", session: [...scene.state.sessions.keys()][0]! });
  assert.equal(scene.state.sessions.size, 0);
  assert.ok(scene.state.kinds.has(KIND));
});

function hello(scene: Scene, name: string, version: string): void {
  scene.step(connectCommand(name, { offers: [offerOf(KIND, { version })] }));
}
