import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import type { Priority } from "../../src/core/terms.ts";
import { earliestDeadline } from "../../src/schedule/earliest-deadline.ts";
import { fifo } from "../../src/schedule/fifo.ts";
import type { Claim, Policy, ReadyJob } from "../../src/schedule/policy.ts";
import { strictPriority } from "../../src/schedule/strict-priority.ts";
import { readyJob } from "./ready-job.ts";

// The model: all waiting jobs in a list, sorted anew for every question.

type Rank = (job: ReadyJob) => number;

const models: [string, () => Policy, Rank][] = [
  ["fifo", fifo, () => 0],
  [
    "strictPriority",
    strictPriority,
    ({ claims }) => -Math.max(...claims.map(({ priority }) => priority)),
  ],
  ["earliestDeadline", earliestDeadline, ({ claims, createdAt }) => {
    const deadlines = claims.flatMap(({ deadline }) => deadline === null ? [] : [deadline]);
    return deadlines.length > 0 ? Math.min(...deadlines) : createdAt;
  }],
];

const GROUPS = ["paint", "sing", "dance"];
const group = fc.constantFrom(...GROUPS);
const claim: fc.Arbitrary<Claim> = fc.record({
  owner: fc.constantFrom("ada", "ben"),
  queue: fc.constant("default"),
  priority: fc.integer({ min: 0, max: 9 }).map((p) => p as Priority),
  deadline: fc.option(fc.integer({ min: 0, max: 60 })),
});
const claims = fc.array(claim, { minLength: 1, maxLength: 3 });
const move = fc.oneof(
  fc.record({ type: fc.constant("add"), claims, group, isFirst: fc.boolean() }),
  fc.record({ type: fc.constant("change"), claims, pick: fc.nat() }),
  fc.record({ type: fc.constant("remove"), pick: fc.nat() }),
  fc.record({ type: fc.constant("start"), taken: fc.subarray(GROUPS) }),
);

for (const [name, make, rank] of models) {
  test(`${name}: every next job and every position are those of a sorted list`, () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const policy = make();
        const jobs: ReadyJob[] = [];
        for (const [n, move] of moves.entries()) {
          apply(policy, jobs, { move, n });
          jobs.sort((a, b) => compare(a, b, rank));
          assert.equal(policy.size, jobs.length);
          for (const taken of [GROUPS, ["sing"], []]) {
            const next = policy.next({ takes: (group) => taken.includes(group) }, n);
            assert.equal(next, jobs.find(({ group }) => taken.includes(group)) ?? null);
          }
          for (const job of jobs) {
            assert.equal(policy.position(job.id), jobs.indexOf(job));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
}

/** Makes a move on both. */
function apply(
  policy: Policy,
  jobs: ReadyJob[],
  { move, n }: { move: Move; n: number },
): void {
  if ("group" in move) {
    const job = readyJob(n, move);
    policy.add(job, n);
    jobs.push(job);
  } else if ("taken" in move) {
    const next = policy.next({ takes: (group) => move.taken.includes(group) }, n);
    if (!next) return;
    policy.start(next.id, 1_000, n);
    jobs.splice(jobs.indexOf(next), 1);
  } else if (jobs.length > 0) {
    const index = move.pick % jobs.length;
    if ("claims" in move) {
      jobs[index] = { ...jobs[index]!, claims: move.claims };
      policy.change(jobs[index], n);
    } else {
      const [job] = jobs.splice(index, 1);
      assert.equal(policy.remove(job!.id, n), true);
    }
  }
}

type Move = typeof move extends fc.Arbitrary<infer Each> ? Each : never;

function compare(a: ReadyJob, b: ReadyJob, rank: Rank): number {
  return rank(a) - rank(b) || Number(b.isFirst) - Number(a.isFirst) || a.arrival - b.arrival;
}
