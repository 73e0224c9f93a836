// What a worker owes the protocol, over both spellings of it: leases, breaks, cancels, draining.

import { serveLocalJobs } from "../../src/worker/mod.ts";
import { ManualClock, settled } from "../harness/manual-clock.ts";
import { assert, describe, test } from "../harness/test.ts";
import { fulfilled, held, json, lease, ServerEnd, stage, welcomed } from "./scripted-server.ts";

async function* count(input: unknown): AsyncGenerator<number> {
  for (let n = 0; n < Number(input); n++) yield await Promise.resolve(n);
}

for (const protocol of ["json", "msgpack"] as const) {
  describe(`a worker over ${protocol}`, () => {
    test("it says hello with all that it offers", async () => {
      const scene = stage({
        protocol,
        concurrency: 3,
        labels: { zone: "eu" },
        kinds: {
          plain: () => 1,
          full: {
            run: () => 1,
            version: "2",
            description: "All settings",
            input: { type: "object" },
            ttl: "5m",
            failureTtl: 1.5,
            attempts: 7,
          },
        },
      });
      await settled();
      const [hello] = scene.end.take("hello");
      assert.ok(hello);
      assert.equal(hello.name, "w1");
      assert.equal(hello.concurrency, 3);
      assert.deepEqual(hello.labels, { zone: "eu" });
      assert.equal(hello.resume, null);
      assert.equal(hello.epoch, null);
      assert.deepEqual(
        hello.kinds.map((k) => [k.kind, k.version, k.ttlMs, k.failureTtlMs, k.attempts]),
        [
          ["plain", "", null, null, null],
          ["full", "2", 300_000, 1_500, 7],
        ],
      );
      assert.equal(hello.kinds[1]?.inputSchema, '{"type":"object"}');
      await scene.end.welcome();
      await scene.worker.ready;
      assert.deepEqual(scene.events, [{
        type: "connected",
        url: "ws://a/workers/connect",
        resumed: 0,
      }]);
    });

    test("nothing is sent while too much is on its way", async () => {
      const scene = await welcomed({ protocol, kinds: { one: () => 1 } });
      scene.end.buffered = 2 * 1024 * 1024;
      await scene.end.run("l1", "one");
      assert.deepEqual(scene.end.take("fulfill"), []);
      await scene.end.drain();
      assert.equal(scene.end.take("fulfill").length, 1);
    });

    test("after a break it resumes its leases and sends again what was not acknowledged, in order", async () => {
      const scene = await welcomed({ protocol, kinds: { count, hold: held().handler } });
      await scene.end.run("l1", "count", { value: 4 });
      await scene.end.run("l2", "hold");
      await scene.end.ack("l1", 1);
      await scene.end.cut();
      await scene.clock.advance(500);
      assert.equal(scene.ends.length, 2);
      const [hello] = scene.end.take("hello");
      assert.deepEqual(hello?.resume, { session: "s1", leases: ["l1", "l2"] });
      assert.equal(hello?.epoch, 1);
      assert.deepEqual(scene.end.received, [], "nothing before the welcome");
      await scene.end.welcome({ leases: ["l1", "l2"] });
      assert.deepEqual(scene.end.take("item").map((item) => item.seq), [2, 3]);
      assert.deepEqual(scene.end.only(), fulfilled("l1", {}));
      await scene.end.ack("l1");
      await scene.end.cut();
      await scene.clock.advance(1_000);
      assert.deepEqual(scene.end.take("hello")[0]?.resume?.leases, ["l2"], "l1 is acknowledged");
    });

    test("sending again keeps to the window of the new connection", async () => {
      const scene = await welcomed({
        protocol,
        kinds: {
          *texts() {
            for (let n = 0; n < 4; n++) yield "x".repeat(1_000);
          },
        },
      });
      await scene.end.run("l1", "texts");
      assert.equal(scene.end.take("item").length, 4);
      await scene.end.cut();
      await scene.clock.advance(500);
      await scene.end.welcome({ leases: ["l1"], unacked: 2_500 });
      assert.deepEqual(scene.end.take("item").map((item) => item.seq), [0, 1]);
      await scene.end.ack("l1", 1);
      assert.deepEqual(scene.end.take("item").map((item) => item.seq), [2, 3]);
      assert.equal(scene.end.only().type, "fulfill");
    });

    test("a result that was computed without a connection is sent after the resume", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      await scene.end.cut();
      job.end("late but kept");
      await scene.clock.advance(500);
      await scene.end.welcome({ leases: ["l1"] });
      assert.deepEqual(scene.end.only(), fulfilled("l1", { content: json("late but kept") }));
    });

    test("a lease that the server no longer holds is dropped: aborted, and nothing said", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      await scene.end.cut();
      await scene.clock.advance(500);
      await scene.end.welcome({ session: "s2", leases: [] });
      assert.equal(job.jobs[0]?.signal.aborted, true);
      job.end(1);
      await settled();
      assert.deepEqual(scene.end.take("fulfill"), []);
      assert.equal(scene.worker.running, 0);
    });

    test("a cancelled lease is answered when its handler has ended, not before", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      await scene.end.say({ type: "cancel", lease: "l1", reason: "withdrawn" });
      const { signal } = job.jobs[0]!;
      assert.equal(signal.aborted, true);
      assert.match(String(signal.reason), /withdrawn/);
      assert.deepEqual(scene.end.take("cancelled"), []);
      assert.equal(scene.worker.running, 1);
      job.end("nobody wants it");
      await settled();
      assert.deepEqual(scene.end.only(), { type: "cancelled", lease: lease("l1") });
      assert.equal(scene.worker.running, 0);
    });

    test("a cancelled generator runs its clean-up and is pulled no more", async () => {
      let isCleanedUp = false;
      const scene = await welcomed({
        protocol,
        kinds: {
          async *flood() {
            try {
              for (;;) yield await Promise.resolve("x".repeat(1_000));
            } finally {
              isCleanedUp = true;
            }
          },
        },
      }, { unacked: 5_000 });
      await scene.end.run("l1", "flood");
      scene.end.take("item");
      await scene.end.say({ type: "cancel", lease: "l1", reason: "withdrawn" });
      assert.equal(isCleanedUp, true);
      assert.deepEqual(scene.end.only(), { type: "cancelled", lease: lease("l1") });
    });

    test("a cancel that crosses the result is answered at once", async () => {
      const scene = await welcomed({ protocol, kinds: { one: () => 1 } });
      await scene.end.run("l1", "one");
      scene.end.take("fulfill");
      await scene.end.say({ type: "cancel", lease: "l1", reason: "killed" });
      assert.deepEqual(scene.end.only(), { type: "cancelled", lease: lease("l1") });
    });

    test("for a lost lease nothing more is sent", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      await scene.end.say({ type: "lost", lease: "l1" });
      job.jobs[0]!.progress(0.5);
      job.end(1);
      await settled();
      assert.deepEqual(scene.end.received.filter((message) => message.type !== "hello"), []);
      assert.equal(job.jobs[0]?.signal.aborted, true);
    });

    test("what the server does not accept rejects the job with the server's words", async () => {
      const scene = await welcomed({ protocol, kinds: { one: () => 1 } });
      await scene.end.run("l1", "one");
      scene.end.take("fulfill");
      const fault = { type: "error", about: "fulfill", lease: "l1", message: "Has items" } as const;
      await scene.end.say(fault);
      const message = scene.end.only();
      assert.ok(message.type === "reject");
      assert.deepEqual([message.error.name, message.error.message], ["ProtocolError", "Has items"]);
      await scene.end.say({ ...fault, about: "reject" });
      assert.deepEqual(scene.end.received, [], "the second refusal ends it");
      await scene.end.cut();
      await scene.clock.advance(500);
      assert.deepEqual(scene.end.take("hello")[0]?.resume?.leases, []);
    });

    test("an error that crosses a cancel changes nothing", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      await scene.end.say({ type: "cancel", lease: "l1", reason: "killed" });
      await scene.end.say({ type: "error", about: "item", lease: "l1", message: "No" });
      job.end(1);
      await settled();
      assert.deepEqual(scene.end.only(), { type: "cancelled", lease: lease("l1") });
    });

    test("an error about progress is only a warning", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      await scene.end.say({ type: "error", about: "progress", lease: "l1", message: "No" });
      assert.deepEqual(scene.events.at(-1), {
        type: "warning",
        message: 'The server did not accept "progress": No',
      });
      assert.equal(job.jobs[0]?.signal.aborted, false);
    });

    test("a drained worker finishes what runs, then goes when the server closes", async () => {
      const job = held();
      const stop = new AbortController();
      const scene = await welcomed({ protocol, signal: stop.signal, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      stop.abort();
      await settled();
      assert.deepEqual(scene.end.only(), { type: "drain" });
      job.end(1);
      await settled();
      assert.equal(scene.end.only().type, "fulfill");
      await scene.end.ack("l1");
      assert.equal(scene.outcome, null, "the server closes");
      await scene.end.cut(1000);
      assert.deepEqual(scene.outcome, { error: null });
      assert.equal(scene.clock.waiting, 0, "no timer is left");
      assert.equal(scene.ends.length, 1);
    });

    test("a draining worker whose connection breaks resumes, and drains again", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      scene.worker.drain();
      await scene.end.cut();
      await scene.clock.advance(500);
      await scene.end.welcome({ leases: ["l1"] });
      assert.deepEqual(scene.end.take("drain"), [{ type: "drain" }]);
      job.end(1);
      await settled();
      await scene.end.ack("l1");
      await scene.end.cut(1000);
      assert.deepEqual(scene.outcome, { error: null });
    });

    test("a worker with nothing to finish and no connection goes at once", async () => {
      const scene = await welcomed({ protocol, kinds: { one: () => 1 } });
      await scene.end.cut();
      scene.worker.drain();
      await settled();
      assert.deepEqual(scene.outcome, { error: null });
      assert.equal(scene.clock.waiting, 0);
    });

    test("jobs that outlast the time to drain are given back without blame", async () => {
      const job = held();
      const scene = await welcomed({ protocol, drainMs: 5_000, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      scene.worker.drain();
      await scene.clock.advance(5_000);
      assert.equal(job.jobs[0]?.signal.aborted, true);
      assert.equal(scene.ends.length, 2);
      assert.notEqual(scene.ends[0]?.closed, null);
      assert.deepEqual(scene.end.take("hello")[0]?.resume, { session: "s1", leases: [] });
      await scene.end.welcome();
      assert.deepEqual(scene.end.only(), { type: "drain" });
      await scene.end.cut(1000);
      assert.deepEqual(scene.outcome, { error: null });
    });

    test("a resized worker says so, also in its next hello", async () => {
      const scene = await welcomed({ protocol, kinds: { one: () => 1 } });
      scene.worker.resize(9);
      await settled();
      assert.deepEqual(scene.end.only(), { type: "capacity", concurrency: 9 });
      await scene.end.cut();
      await scene.clock.advance(500);
      assert.equal(scene.end.take("hello")[0]?.concurrency, 9);
    });
  });
}

test("a local worker computes over a pair of ports in memory", async () => {
  const ends: ServerEnd[] = [];
  const clock = new ManualClock();
  const worker = serveLocalJobs((port) => ends.push(new ServerEnd("local", port)), {
    clock,
    name: "inside",
    kinds: { double: (n: number) => 2 * n },
  });
  await settled();
  await ends[0]!.welcome();
  await worker.ready;
  await ends[0]!.run("l1", "double", { value: 4 });
  assert.deepEqual(ends[0]!.only(), fulfilled("l1", { content: json(8) }));
  await ends[0]!.ack("l1");
  worker.drain();
  await settled();
  await ends[0]!.cut(1000);
  await worker.closed;
});
