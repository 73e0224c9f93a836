import { assert, test } from "../harness/test.ts";
import { fifo } from "../../src/schedule/fifo.ts";
import { ANY, claim, readyJob } from "./ready-job.ts";

test("fifo: neither priority nor deadline nor owner changes the order of arrival", () => {
  const policy = fifo();
  policy.add(readyJob(2, { claims: [claim({ priority: 9, deadline: 0 })] }), 0);
  policy.add(readyJob(1, { claims: [claim({ owner: "ben", priority: 0 })] }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 1);
});

test("fifo: a job that lost its worker goes before all queues", () => {
  const policy = fifo();
  policy.add(readyJob(1, { claims: [claim({ owner: "ben" })] }), 0);
  policy.add(readyJob(2, { isFirst: true }), 0);
  assert.equal(policy.next(ANY, 0)?.arrival, 2);
});
