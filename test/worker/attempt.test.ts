// What a handler answers, and what the server is told of it, over both protocols.

import { RetryableError, typed } from "../../src/worker/mod.ts";
import { settled } from "../harness/manual-clock.ts";
import { assert, describe, test } from "../harness/test.ts";
import { fulfilled, held, json, lease, valuesOf, welcomed } from "./scripted-server.ts";

async function* count(input: unknown): AsyncGenerator<number> {
  for (let n = 0; n < Number(input); n++) yield await Promise.resolve(n);
}

for (const protocol of ["json", "msgpack"] as const) {
  describe(`a handler over ${protocol}`, () => {
    test("it computes a value and fulfils with it", async () => {
      const scene = await welcomed({
        protocol,
        kinds: { double: (n: number) => ({ twice: 2 * n }) },
      });
      await scene.end.run("l1", "double", { value: 21 });
      assert.deepEqual(scene.end.only(), fulfilled("l1", { content: json({ twice: 42 }) }));
      assert.deepEqual(scene.events.slice(1).map((event) => event.type), ["started", "ended"]);
    });

    test("a handler that returns nothing fulfils with null", async () => {
      const scene = await welcomed({ protocol, kinds: { nothing: () => {} } });
      await scene.end.run("l1", "nothing");
      assert.deepEqual(scene.end.only(), fulfilled("l1", { content: json(null) }));
    });

    test("what JSON cannot say comes to the handler as bytes", async () => {
      const inputs: unknown[] = [];
      const scene = await welcomed({
        protocol,
        kinds: { keep: (input, job) => void inputs.push(input, job.input, job.traceparent) },
      });
      const input = {
        contentType: "application/json",
        body: new TextEncoder().encode("9007199254740993"),
      };
      await scene.end.run("l1", "keep", { input, traceparent: "00-ab-cd-01" });
      assert.deepEqual(inputs[0], input.body);
      assert.deepEqual(inputs[1], input);
      assert.equal(inputs[2], "00-ab-cd-01");
    });

    test("bytes, blobs, responses and typed bodies keep their types", async () => {
      const bytes = new Uint8Array([1, 2, 255]);
      const scene = await welcomed({
        protocol,
        kinds: {
          bytes: () => bytes,
          buffer: () => bytes.buffer,
          blob: () => new Blob([bytes], { type: "image/png" }),
          response: () => new Response(bytes, { headers: { "content-type": "image/gif" } }),
          typed: () => typed("<svg/>", { type: "image/svg+xml" }),
        },
      });
      const bodies: unknown[] = [];
      for (const kind of ["bytes", "buffer", "blob", "response", "typed"]) {
        await scene.end.run(kind, kind);
        const message = scene.end.only();
        assert.ok(message.type === "fulfill");
        bodies.push(message.content);
      }
      assert.deepEqual(bodies, [
        { contentType: "application/octet-stream", body: bytes },
        { contentType: "application/octet-stream", body: bytes },
        { contentType: "image/png", body: bytes },
        { contentType: "image/gif", body: bytes },
        { contentType: "image/svg+xml", body: new TextEncoder().encode("<svg/>") },
      ]);
    });

    test("a response of a failure rejects, retryable where the other server may recover", async () => {
      const scene = await welcomed({
        protocol,
        kinds: { proxy: (status: number) => new Response("no", { status }) },
      });
      const retryable: unknown[] = [];
      for (const value of [404, 429, 503]) {
        await scene.end.run(`l${value}`, "proxy", { value });
        const message = scene.end.only();
        assert.ok(message.type === "reject");
        retryable.push([message.error.name, message.error.retryable]);
      }
      assert.deepEqual(retryable, [
        ["ResponseError", false],
        ["ResponseError", true],
        ["ResponseError", true],
      ]);
    });

    test("tags and time to live go with the result", async () => {
      const scene = await welcomed({
        protocol,
        kinds: {
          tagged: (_input, job) => {
            job.mark({ tags: ["curve-7"] });
            job.mark({ ttl: "2h" });
            return 1;
          },
        },
      });
      await scene.end.run("l1", "tagged");
      const content = json(1);
      assert.deepEqual(
        scene.end.only(),
        fulfilled("l1", { content, tags: ["curve-7"], ttlMs: 7_200_000 }),
      );
    });

    test("throwing rejects with name, message and detail, and only a retryable error is retryable", async () => {
      class BadCurve extends Error {
        override readonly name = "BadCurve";
        readonly detail = { curve: 7 };
      }
      const scene = await welcomed({
        protocol,
        kinds: {
          bad: () => {
            throw new BadCurve("No such curve");
          },
          busy: () => Promise.reject(new RetryableError("Later", { detail: [1] })),
          text: () => Promise.reject("only text"),
          nothing: () => Promise.reject(Object.create(null)),
          cyclic: () => {
            const detail: Record<string, unknown> = {};
            detail.self = detail;
            throw new RetryableError("Round", { detail });
          },
        },
      });
      const errors: unknown[] = [];
      for (const kind of ["bad", "busy", "text", "nothing", "cyclic"]) {
        await scene.end.run(kind, kind);
        const message = scene.end.only();
        assert.ok(message.type === "reject");
        errors.push(message.error);
      }
      const cyclic = errors.pop() as { message: string; retryable: boolean; detail: unknown };
      assert.deepEqual(errors, [
        { name: "BadCurve", message: "No such curve", retryable: false, detail: '{"curve":7}' },
        { name: "RetryableError", message: "Later", retryable: true, detail: "[1]" },
        { name: "Error", message: "only text", retryable: false, detail: null },
        {
          name: "Error",
          message: "Something was thrown that is no error",
          retryable: false,
          detail: null,
        },
      ]);
      assert.match(cyclic.message, /^Round \(its detail cannot be sent: /);
      assert.deepEqual([cyclic.retryable, cyclic.detail], [true, null]);
    });

    test("a kind that is not offered is rejected for another worker to try", async () => {
      const scene = await welcomed({ protocol, kinds: { one: () => 1 } });
      await scene.end.run("l1", "constructor");
      const message = scene.end.only();
      assert.ok(message.type === "reject" && message.error.retryable);
    });

    test("a generator's yields are items counted from 0, and its end fulfils", async () => {
      const scene = await welcomed({ protocol, kinds: { count } });
      await scene.end.run("l1", "count", { value: 3 });
      const last = scene.end.received.at(-1);
      const items = scene.end.take("item");
      assert.deepEqual(items.map((item) => item.seq), [0, 1, 2]);
      assert.deepEqual(valuesOf(items), [0, 1, 2]);
      assert.deepEqual(last, fulfilled("l1", {}));
    });

    test("a synchronous generator yields items too, but a list is one value", async () => {
      const scene = await welcomed({
        protocol,
        kinds: {
          *items() {
            yield typed("a", { type: "text/plain" });
          },
          list: () => [1, 2],
        },
      });
      await scene.end.run("l1", "items");
      const content = { contentType: "text/plain", body: new Uint8Array([97]) };
      assert.deepEqual(scene.end.take("item"), [{
        type: "item",
        lease: lease("l1"),
        seq: 0,
        content,
      }]);
      await scene.end.run("l2", "list");
      assert.deepEqual(
        scene.end.take("fulfill").at(-1),
        fulfilled("l2", { content: json([1, 2]) }),
      );
    });

    test("a replaying generator's stored items are skipped", async () => {
      const scene = await welcomed({ protocol, kinds: { count } });
      await scene.end.run("l1", "count", { value: 5, attempt: 2, storedItems: 3 });
      const items = scene.end.take("item");
      assert.deepEqual(items.map((item) => item.seq), [3, 4]);
      assert.deepEqual(valuesOf(items), [3, 4]);
    });

    test("a generator that continues numbers its yields after the stored items", async () => {
      const scene = await welcomed({
        protocol,
        kinds: {
          async *resume(to: number, job) {
            for (let n = job.continueItems(); n < to; n++) yield await Promise.resolve(`n${n}`);
            assert.throws(() => job.continueItems(), /one was yielded before/);
          },
        },
      });
      await scene.end.run("l1", "resume", { value: 5, attempt: 2, storedItems: 3 });
      const items = scene.end.take("item");
      assert.deepEqual(items.map((item) => item.seq), [3, 4]);
      assert.deepEqual(valuesOf(items), ["n3", "n4"]);
      assert.equal(scene.end.only().type, "fulfill");
    });

    test("a replay that yields less than is stored rejects", async () => {
      const scene = await welcomed({ protocol, kinds: { count } });
      await scene.end.run("l1", "count", { value: 2, attempt: 2, storedItems: 3 });
      const message = scene.end.only();
      assert.ok(message.type === "reject");
      assert.equal(message.error.message, "The handler yielded 2 items, but 3 are stored");
    });

    test("a generator is not pulled while its unacknowledged items fill the window", async () => {
      let pulled = 0;
      const scene = await welcomed({
        protocol,
        kinds: {
          async *flood() {
            for (;; pulled++) yield await Promise.resolve("x".repeat(1_000));
          },
        },
      }, { unacked: 5_000 });
      await scene.end.run("l1", "flood");
      const before = scene.end.take("item");
      assert.equal(before.length, 4, "a fifth would be over 5,000 bytes on the wire");
      assert.equal(pulled, 4, "one more waits in the outbox");
      await scene.end.ack("l1", 1);
      assert.deepEqual(scene.end.take("item").map((item) => item.seq), [4, 5]);
      assert.equal(pulled, 6);
    });

    test("an item larger than the window goes alone", async () => {
      const scene = await welcomed({
        protocol,
        kinds: {
          *large() {
            yield "x".repeat(10_000);
            yield "y".repeat(10_000);
          },
        },
      }, { unacked: 5_000 });
      await scene.end.run("l1", "large");
      assert.deepEqual(scene.end.take("item").map((item) => item.seq), [0]);
      await scene.end.ack("l1", 0);
      assert.deepEqual(scene.end.take("item").map((item) => item.seq), [1]);
    });

    test("progress is sent at once, then the newest ten times a second", async () => {
      const job = held();
      const scene = await welcomed({ protocol, kinds: { hold: job.handler } });
      await scene.end.run("l1", "hold");
      for (let n = 0; n <= 50; n++) job.jobs[0]!.progress(n / 100, `step ${n}`);
      await settled();
      assert.deepEqual(scene.end.take("progress").map((p) => p.message), ["step 0"]);
      await scene.clock.advance(99);
      assert.deepEqual(scene.end.take("progress"), []);
      await scene.clock.advance(1);
      assert.deepEqual(scene.end.take("progress"), [
        { type: "progress", lease: lease("l1"), fraction: 0.5, message: "step 50" },
      ]);
      job.jobs[0]!.progress(Infinity);
      job.end(1);
      await scene.clock.advance(1_000);
      assert.deepEqual(scene.end.take("progress"), [], "nothing after the result");
    });

    test("a value over the frame limit goes as chunks that make it up", async () => {
      const value = Array.from({ length: 3_000 }, (_, n) => `größe ${n}`);
      const scene = await welcomed({ protocol, kinds: { large: () => value } }, {
        maxFrame: 10_000,
      });
      await scene.end.run("l1", "large");
      const last = scene.end.received.at(-1);
      const chunks = scene.end.take("chunk");
      assert.deepEqual(chunks.map((chunk) => chunk.seq), chunks.map((_, seq) => seq));
      assert.ok(chunks.length > 5 && chunks.every((chunk) => chunk.body.length <= 5_000));
      assert.deepEqual(JSON.parse(textOf(chunks)), value);
      assert.deepEqual(last, fulfilled("l1", { contentType: "application/json" }));
    });

    test("a long response goes as chunks, and waits for their acknowledgement", async () => {
      const part = new Uint8Array(300 * 1024).fill(7);
      const stream = () =>
        new ReadableStream<Uint8Array>({
          start(controller) {
            for (let n = 0; n < 6; n++) controller.enqueue(part);
            controller.close();
          },
        });
      const scene = await welcomed({
        protocol,
        kinds: {
          stream: () => new Response(stream(), { headers: { "content-type": "video/mp4" } }),
        },
      });
      await scene.end.run("l1", "stream");
      let bytes = 0;
      for (let turns = 0; scene.end.take("fulfill").length === 0; turns++) {
        assert.ok(turns < 10);
        const chunks = scene.end.take("chunk");
        const flight = chunks.reduce((sum, chunk) => sum + chunk.body.length, 0);
        assert.ok(flight <= 1024 * 1024);
        bytes += flight;
        const last = chunks.at(-1);
        if (last) await scene.end.ack("l1", last.seq);
        else await settled();
      }
      assert.equal(
        bytes + scene.end.take("chunk").reduce((sum, chunk) => sum + chunk.body.length, 0),
        6 * part.length,
      );
    });

    test("an item over the frame limit rejects by name", async () => {
      const scene = await welcomed({
        protocol,
        kinds: {
          *large() {
            yield "x".repeat(20_000);
          },
        },
      }, { maxFrame: 10_000 });
      await scene.end.run("l1", "large");
      const message = scene.end.only();
      assert.ok(message.type === "reject" && !message.error.retryable);
      assert.equal(message.error.name, "item-too-large");
    });
  });
}

function textOf(chunks: readonly { readonly body: Uint8Array }[]): string {
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk.body, { stream: true })).join("");
  return text + decoder.decode();
}
