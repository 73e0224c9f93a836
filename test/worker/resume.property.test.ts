// Whatever breaks, and whenever: each item is stored once and in order, and the promise settles once.

import fc from "fast-check";
import type { WorkerMessage } from "../../src/wire/messages.ts";
import { assert, test } from "../harness/test.ts";
import { type ServerEnd, welcomed } from "./scripted-server.ts";

const SEED = 20_260_101;

/** What happens between two looks at the connection. */
type Act =
  /** The server reads so many messages, stores and acknowledges them. */
  | { readonly type: "read"; readonly count: number; readonly isAcked: boolean }
  | { readonly type: "cut" };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("read" as const),
      count: fc.nat(8),
      isAcked: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "cut" as const }) },
);

/** The server's rule 5 and rule 3, in ten lines. */
class Stored {
  items = 0;
  isSettled = false;

  async take(end: ServerEnd, message: WorkerMessage, isAcked: boolean): Promise<void> {
    assert.equal(this.isSettled, false, "nothing follows the acknowledged end");
    if (message.type === "item") {
      assert.ok(message.seq <= this.items, `a gap: ${message.seq} after ${this.items}`);
      assert.ok("json" in message.content);
      assert.equal(message.content.json, String(message.seq));
      if (message.seq === this.items) this.items++;
      if (isAcked) await end.ack("l1", message.seq);
    } else {
      assert.equal(message.type, "fulfill");
      this.isSettled = true;
      await end.ack("l1");
    }
  }
}

test("items are stored exactly once and in order over any cuts", async () => {
  const property = fc.asyncProperty(
    fc.array(act, { maxLength: 30 }),
    fc.integer({ min: 0, max: 30 }),
    fc.constantFrom("json" as const, "msgpack" as const),
    async (acts, itemCount, protocol) => {
      const scene = await welcomed({
        protocol,
        kinds: {
          async *count() {
            for (let n = 0; n < itemCount; n++) yield await Promise.resolve(n);
          },
        },
      }, { unacked: 400 });
      await scene.end.run("l1", "count");
      scene.end.take("hello");
      const stored = new Stored();
      const read = async (count: number, isAcked: boolean) => {
        for (let n = 0; n < count && scene.end.received.length > 0; n++) {
          await stored.take(scene.end, scene.end.received.shift()!, isAcked);
          // A generator that was held up for long lets others have a turn: a timer of no length.
          await scene.clock.advance(0);
        }
      };
      const reconnect = async () => {
        await scene.end.cut();
        await scene.clock.advance(10_000);
        scene.end.take("hello");
        await scene.end.welcome({ unacked: 400, leases: stored.isSettled ? [] : ["l1"] });
      };
      for (const one of acts) {
        if (one.type === "cut") await reconnect();
        else await read(one.count, one.isAcked);
      }
      await reconnect();
      while (!stored.isSettled) {
        assert.ok(scene.end.received.length > 0, `stuck after ${stored.items} items`);
        await read(1, true);
      }
      assert.equal(stored.items, itemCount);
      assert.deepEqual(scene.end.received, []);
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 100 });
});
