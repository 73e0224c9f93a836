import { assert, test } from "../harness/test.ts";
import { strictPriority } from "../../src/schedule/strict-priority.ts";
import { ANY, claim, readyJob } from "./ready-job.ts";

test("strictPriority: a higher class goes first, also before a job that lost its worker", () => {
  const policy = strictPriority();
  policy.add(readyJob(1, { isFirst: true }), 0);
  policy.add(readyJob(2, { claims: [claim({ priority: 6 })] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 2);
});

test("strictPriority: a shared job has the highest class of those who want it", () => {
  const policy = strictPriority();
  policy.add(readyJob(1, { claims: [claim({ priority: 6 })] }), 0);
  const [low, high] = [claim({ priority: 0 }), claim({ owner: "ben", priority: 7 })];
  policy.add(readyJob(2, { claims: [low, high] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 2);
  policy.change(readyJob(2, { claims: [low] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 1);
});
