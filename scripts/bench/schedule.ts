// How fast the scheduling policies are with a long queue: 1,000,000 jobs in 10,000 queues of 1,000 owners, of 8
// groups. Prints operations a second.
//
//   bun scripts/bench/schedule.ts [policy …]        deno run scripts/bench/schedule.ts [policy …]

import process from "node:process";
import { seededRandom } from "../../src/base/random.ts";
import type { KindName, PromiseId } from "../../src/core/ids.ts";
import type { Priority } from "../../src/core/terms.ts";
import { earliestDeadline } from "../../src/schedule/earliest-deadline.ts";
import { fifo } from "../../src/schedule/fifo.ts";
import type { Policy, ReadyJob, Slot } from "../../src/schedule/policy.ts";
import { strictPriority } from "../../src/schedule/strict-priority.ts";

const JOBS = 1_000_000;
const OWNERS = 1_000;
const QUEUES_AN_OWNER = 10;
const GROUPS = 8;
/** Operations measured on the long queue. */
const OPERATIONS = 200_000;
/** Slots in use while starts and finishes alternate. */
const SLOTS = 100;

const policies: Record<string, () => Policy> = { fifo, strictPriority, earliestDeadline };
const named = process.argv.slice(2);

for (const [name, make] of Object.entries(policies)) {
  if (named.length === 0 || named.includes(name)) measure(name, make());
}

function measure(name: string, policy: Policy): void {
  const jobs = makeJobs();
  const any: Slot = { takes: () => true };
  const only: Slot = { takes: (group) => group === "group-3" };
  const running: PromiseId[] = [];
  let now = 0;
  const line: string[] = [];
  const time = (what: string, count: number, act: (n: number) => void) => {
    const from = performance.now();
    for (let n = 0; n < count; n++) act(n);
    const perSecond = count / ((performance.now() - from) / 1_000);
    line.push(`${what} ${Math.round(perSecond / 1_000)}k/s`);
  };
  const run = (slot: Slot) => {
    const next = policy.next(slot, now)!;
    policy.start(next.id, 1_000, now);
    running.push(next.id);
    now += 10;
    if (running.length > SLOTS) policy.finish(running.shift()!, SLOTS * 10, now);
  };

  time("add", JOBS, (n) => policy.add(jobs[n]!, n));
  time("next+start+finish", OPERATIONS, () => run(any));
  time("of one group in 8", OPERATIONS / 4, () => run(only));
  time("change", OPERATIONS, (n) => policy.change(jobs[(n * 7_919) % JOBS]!, now));
  time("remove", OPERATIONS, (n) => policy.remove(jobs[(n * 7_919) % JOBS]!.id, now));
  console.log(`${name}: ${line.join(", ")}`);
}

function makeJobs(): ReadyJob[] {
  const random = seededRandom(1);
  const below = (n: number) => Math.floor(random.unit() * n);
  return Array.from({ length: JOBS }, (_, n) => {
    const group = `group-${below(GROUPS)}`;
    return {
      id: `job-${n}` as PromiseId,
      kind: group as KindName,
      group,
      arrival: n,
      createdAt: n,
      claims: [{
        owner: `owner-${below(OWNERS)}`,
        queue: `queue-${below(QUEUES_AN_OWNER)}`,
        priority: below(10) as Priority,
        deadline: below(2) === 0 ? null : below(JOBS),
      }],
      isFirst: false,
    };
  });
}
