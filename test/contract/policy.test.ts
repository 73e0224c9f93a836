import { test } from "../harness/test.ts";
import { policyContract } from "../../src/schedule/contract.ts";
import { earliestDeadline } from "../../src/schedule/earliest-deadline.ts";
import { fifo } from "../../src/schedule/fifo.ts";
import type { Policy } from "../../src/schedule/policy.ts";
import { strictPriority } from "../../src/schedule/strict-priority.ts";

const policies: Record<string, () => Policy> = { fifo, strictPriority, earliestDeadline };

for (const [policy, make] of Object.entries(policies)) {
  for (const { name, run } of policyContract) test(`${policy}: ${name}`, () => run(make));
}
