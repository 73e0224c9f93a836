import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import { type Candidate, place } from "../../src/schedule/place.ts";

test("place: the largest free fraction wins, then the most free slots, then the first", () => {
  const worker = (id: string, free: number, concurrency: number) => ({ id, free, concurrency });
  assert.equal(place([worker("a", 6, 8), worker("b", 1, 1)])?.id, "b");
  assert.equal(place([worker("a", 1, 2), worker("b", 2, 4), worker("c", 2, 4)])?.id, "b");
  assert.equal(place([worker("a", 1, 3), worker("b", 1, 3)])?.id, "a");
});

test("place: a worker without a free slot gets nothing", () => {
  assert.equal(place([]), null);
  assert.equal(place([{ id: "a", free: 0, concurrency: 4 }]), null);
});

test("place: no worker has a larger free fraction than the one chosen", () => {
  const worker = fc.integer({ min: 1, max: 100_000 }).chain((concurrency) =>
    fc.record({
      id: fc.string(),
      free: fc.integer({ min: 0, max: concurrency }),
      concurrency: fc.constant(concurrency),
    })
  );
  const fraction = ({ free, concurrency }: Candidate) => free / concurrency;
  fc.assert(
    fc.property(fc.array(worker, { minLength: 1 }), (workers) => {
      const chosen = place(workers);
      const best = Math.max(...workers.map(fraction));
      assert.equal(chosen === null ? 0 : fraction(chosen), best);
    }),
    { numRuns: 500 },
  );
});
