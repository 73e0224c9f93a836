// How a worker keeps its connection: heartbeats, silence, refusals, back-off, several addresses.

import type { RefusedReason } from "../../src/wire/messages.ts";
import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { type Scene, stage, welcomed } from "./scripted-server.ts";

const kinds = { one: () => 1 };

/** The pauses before each new try that the worker told of. */
function pauses(scene: Scene): number[] {
  return scene.events.flatMap((event) => event.type === "disconnected" ? [event.retryMs] : []);
}

async function refuse(scene: Scene, reason: RefusedReason): Promise<void> {
  await scene.end.say({ type: "refused", reason });
  await scene.end.cut(1008, "field 7");
}

test("a ping is answered at once", async () => {
  const scene = await welcomed({ kinds });
  await scene.end.say({ type: "ping", n: 7 });
  assert.deepEqual(scene.end.take("pong"), [{ type: "pong", n: 7 }]);
});

test("a connection is broken after 2.5 heartbeats of silence, not before", async () => {
  const scene = await welcomed({ kinds }, { heartbeatMs: 1_000 });
  await scene.clock.advance(2_000);
  await scene.end.say({ type: "ping", n: 1 });
  await scene.clock.advance(2_499);
  assert.equal(scene.end.closed, null);
  await scene.clock.advance(1);
  assert.notEqual(scene.ends[0]!.closed, null);
  await scene.clock.advance(500);
  assert.equal(scene.ends.length, 2);
});

test("a server that never welcomes is left", async () => {
  const scene = stage({ kinds });
  await scene.clock.advance(15_000);
  assert.notEqual(scene.ends[0]!.closed, null);
  await scene.clock.advance(500);
  assert.equal(scene.ends.length, 2);
});

test("nothing that an older connection says is heard", async () => {
  const scene = await welcomed({ kinds }, { heartbeatMs: 1_000 });
  const old = scene.end;
  void old.run("l1", "one");
  await scene.clock.advance(3_000);
  await scene.end.welcome();
  await old.run("l2", "one");
  assert.deepEqual(scene.end.take("fulfill"), []);
  assert.equal(scene.ends.length, 2);
});

test("pauses between tries double up to ten seconds, with full jitter, for ever", async () => {
  const scene = stage({ kinds });
  for (let n = 0; n < 30; n++) {
    await scene.end.cut();
    await scene.clock.advance(10_000);
    assert.equal(scene.ends.length, n + 2);
  }
  const caps = pauses(scene).map((_, n) => Math.min(10_000, 500 * 2 ** n));
  assert.ok(pauses(scene).every((pause, n) => pause >= 0 && pause <= caps[n]!));
  const mean = pauses(scene).slice(5).reduce((sum, pause) => sum + pause, 0) / 25;
  assert.ok(mean > 3_000 && mean < 7_000, `mean pause ${mean}`);
});

test("a connection that lasted lets the pauses begin anew, one that flaps does not", async () => {
  const scene = await welcomed({ kinds });
  for (let n = 0; n < 5; n++) {
    await scene.end.cut();
    await scene.clock.advance(10_000);
    await scene.end.welcome();
  }
  await scene.clock.advance(5_000);
  await scene.end.cut();
  assert.ok(pauses(scene).at(-1)! <= 500);
  await scene.clock.advance(500);
  await scene.end.welcome();
  for (let n = 0; n < 20; n++) {
    await scene.end.cut();
    await scene.clock.advance(pauses(scene).at(-1)!);
    await scene.end.welcome();
  }
  assert.ok(Math.max(...pauses(scene)) > 4_000);
});

test("addresses are walked until one is primary", async () => {
  const scene = stage({ kinds, url: ["http://a", "https://b/base/", "ws://c/workers/connect"] });
  for (let n = 0; n < 3; n++) {
    await scene.end.cut();
    await scene.clock.advance(10_000);
  }
  assert.deepEqual(scene.ends.map((end) => end.url), [
    "ws://a/workers/connect",
    "wss://b/base/workers/connect",
    "ws://c/workers/connect",
    "ws://a/workers/connect",
  ]);
});

test("after bye it comes back when asked to, at the next address, with its session", async () => {
  const scene = await welcomed({ kinds, url: ["ws://a", "ws://b"] }, { epoch: 3 });
  await scene.end.say({ type: "bye", reason: "stopping", retryMs: 2_000 });
  assert.equal(scene.end.closed, null, "the server closes");
  await scene.end.cut(1012);
  await scene.clock.advance(1_999);
  assert.equal(scene.ends.length, 1);
  await scene.clock.advance(501);
  assert.equal(scene.end.url, "ws://b/workers/connect");
  const [hello] = scene.end.take("hello");
  assert.deepEqual([hello?.resume, hello?.epoch], [{ session: "s1", leases: [] }, 3]);
});

test("a taken name is tried again for a minute, then the worker gives up", async () => {
  const scene = stage({ kinds });
  await settled();
  for (let seconds = 0; seconds < 60; seconds++) {
    await refuse(scene, "name-taken");
    assert.equal(scene.outcome, null);
    await scene.clock.advance(1_000);
  }
  await scene.clock.advance(10_000);
  await refuse(scene, "name-taken");
  assert.match(String(scene.outcome?.error), /refused with "name-taken"/);
  await assert.rejects(scene.worker.ready, /name-taken/);
  assert.equal(scene.clock.waiting, 0);
});

test("a name that becomes free in time is taken", async () => {
  const scene = stage({ kinds });
  await settled();
  await refuse(scene, "name-taken");
  await scene.clock.advance(1_000);
  await scene.end.welcome();
  await scene.worker.ready;
  await scene.end.cut();
  await scene.clock.advance(100_000);
  await refuse(scene, "name-taken");
  assert.equal(scene.outcome, null, "the minute counts from the first refusal in a row");
});

for (const reason of ["protocol", "unauthorised"] as const) {
  test(`a worker refused as ${reason} ends`, async () => {
    const scene = stage({ kinds });
    await settled();
    await refuse(scene, reason);
    assert.equal(scene.outcome?.error?.name, "RefusedError");
    assert.match(String(scene.outcome?.error), new RegExp(`refused with "${reason}": field 7`));
    await scene.clock.advance(100_000);
    assert.equal(scene.ends.length, 1);
  });
}

test("a frame that cannot be read closes with 1007, and the worker comes back", async () => {
  const scene = await welcomed({ kinds });
  await scene.end.sayFrame("{");
  assert.equal(scene.ends[0]!.closed?.code, 1007);
  await scene.clock.advance(500);
  assert.equal(scene.ends.length, 2);
});

test("a message that cannot be understood is a warning, and the connection goes on", async () => {
  const scene = await welcomed({ kinds });
  await scene.end.sayFrame('{"type":"run","lease":"l1"}');
  await scene.end.sayFrame('{"type":"dance"}');
  assert.deepEqual(scene.events.slice(1).map((event) => event.type), ["warning", "warning"]);
  assert.equal(scene.end.closed, null);
});

test("what is no address is told at once", () => {
  assert.throws(() => stage({ kinds, url: "no address" }), TypeError);
});
