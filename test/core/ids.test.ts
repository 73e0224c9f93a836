import fc from "fast-check";
import { seededRandom } from "../../src/base/random.ts";
import { nextPromiseId, parsePromiseId, type PromiseId } from "../../src/core/ids.ts";
import { isSettled } from "../../src/core/promise.ts";
import { assert, test } from "../harness/test.ts";
import { Scene } from "./scene.ts";

const SEED = 20_263;

test("promise ids are UUIDv7 and ascend, whatever the clock does", () => {
  const steps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: -4e6, max: 4e6 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, fc.nat(), (steps, seed) => {
      const random = seededRandom(seed);
      let last: PromiseId | null = null;
      let wall = Date.UTC(2026, 0, 1);
      for (const by of steps) {
        const next = nextPromiseId(last, wall += by, random);
        assert.equal(parsePromiseId(next), next);
        if (last !== null) assert.ok(next > last);
        last = next;
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("more ids than a millisecond can count go on in the next one", () => {
  const random = seededRandom(1);
  let last: PromiseId | null = null;
  for (let n = 0; n < 5_000; n++) {
    const next: PromiseId = nextPromiseId(last, 1_000, random);
    assert.ok(last === null || next > last);
    last = next;
  }
  assert.equal(parseInt(last!.slice(0, 8) + last!.slice(9, 13), 16), 1_001);
});

test("ids are found in upper case, and nothing else is one", () => {
  const id = nextPromiseId(null, 1, seededRandom(1));
  assert.equal(parsePromiseId(id.toUpperCase()), id);
  const version4 = `${id.slice(0, 14)}4${id.slice(15)}`;
  for (const text of ["", "a", `${id} `, `${id}0`, version4, id.replaceAll("-", "")]) {
    assert.equal(parsePromiseId(text), null);
  }
});

test("forgetting keeps the greatest id that was ever made, in whatever order promises go", () => {
  const scene = new Scene();
  const records = [scene.running(), scene.running()].map((on) => {
    scene.fulfill(on);
    const record = scene.record(on.promise);
    assert.ok(isSettled(record));
    return record;
  });
  for (const record of [records[1]!, records[0]!]) {
    scene.step({ type: "forget", records: [record] });
    assert.deepEqual(scene.changes("floor").map(({ id }) => id), [records[1]!.id]);
  }
});
