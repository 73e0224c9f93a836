import { assert, test } from "../harness/test.ts";
import { earliestDeadline } from "../../src/schedule/earliest-deadline.ts";
import { ANY, claim, readyJob } from "./ready-job.ts";

test("earliestDeadline: what is due first goes first", () => {
  const policy = earliestDeadline();
  policy.add(readyJob(1, { claims: [claim({ deadline: 2_000 })] }), 0);
  policy.add(readyJob(2, { claims: [claim({ deadline: 1_000, priority: 0 })] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 2);
});

test("earliestDeadline: a shared job is due when the first of those who want it says", () => {
  const policy = earliestDeadline();
  policy.add(readyJob(1, { claims: [claim({ deadline: 2_000 })] }), 0);
  const [none, soon] = [claim(), claim({ owner: "ben", deadline: 1_000 })];
  const late = claim({ owner: "cyn", deadline: 9_000 });
  policy.add(readyJob(2, { claims: [none, late, soon] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 2);
  policy.change(readyJob(2, { claims: [none, late] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 1);
});

test("earliestDeadline: a job without deadline counts as due when it came", () => {
  const policy = earliestDeadline();
  policy.add(readyJob(1, { createdAt: 500 }), 500);
  policy.add(readyJob(2, { claims: [claim({ deadline: 499 })] }), 500);
  policy.add(readyJob(3, { claims: [claim({ deadline: 501 })] }), 500);
  const order: unknown[] = [];
  for (let next = policy.next(ANY, 0); next; next = policy.next(ANY, 0)) {
    order.push(next.arrival);
    policy.start(next.id, 1_000, 0);
  }
  assert.deepEqual(order, [2, 1, 3]);
});
