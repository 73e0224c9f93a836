// The suite that every scheduling policy must pass, as data: our own run it in test/contract/policy.test.ts, and
// whoever writes another can hold it to the same. It uses no test runner: a case that fails throws.
//
// It says nothing of who goes before whom but where every policy must agree: within one queue and one group.

import { assert } from "../base/assert.ts";
import { type Random, seededRandom } from "../base/random.ts";
import type { KindName, PromiseId } from "../core/ids.ts";
import type { Priority } from "../core/terms.ts";
import type { Claim, Policy, ReadyJob, Slot } from "./policy.ts";

/** One promise of the Policy interface; `run` throws if the policy that `make` makes breaks it. */
export interface PolicyCase {
  /** The promise, as a sentence. */
  readonly name: string;
  run(make: () => Policy): void;
}

/**
 * The cases of the contract.
 *
 * @example
 * ```ts
 * import { policyContract } from "./contract.ts";
 * import { fifo } from "./fifo.ts";
 *
 * for (const { run } of policyContract) run(fifo);
 * ```
 */
export const policyContract: readonly PolicyCase[] = [
  onFresh("a new policy holds no job", (policy) => {
    same(policy.size, 0);
    same(policy.next(ANY, 0), null);
    same(policy.remove(job(1).id, 0), false);
    same(policy.position(job(1).id), null);
  }),

  onFresh("the next job stays until it starts", (policy) => {
    policy.add(job(1), 1);
    same(policy.next(ANY, 2)?.id, job(1).id);
    same(policy.next(ANY, 3)?.id, job(1).id);
    same(policy.size, 1);
    policy.start(job(1).id, 1_000, 3);
    same(policy.size, 0);
    same(policy.next(ANY, 4), null);
    same(policy.position(job(1).id), null);
  }),

  onFresh("the next job is the one that was last given in", (policy) => {
    policy.add(job(1), 1);
    const changed = job(1, { claims: [claim(), claim({ owner: "ben" })] });
    policy.change(changed, 2);
    same(policy.next(ANY, 3), changed);
  }),

  onFresh("jobs of one queue and group start in order of arrival", (policy) => {
    for (const n of [3, 1, 4, 2]) policy.add(job(n), 10);
    same(drain(policy, ANY), [1, 2, 3, 4]);
  }),

  onFresh("a job that lost its worker goes to the head of its queue", (policy) => {
    const late = { createdAt: 1, isFirst: true };
    policy.add(job(1, { createdAt: 1 }), 10);
    policy.add(job(2, { createdAt: 1 }), 10);
    policy.add(job(3, late), 10);
    policy.add(job(4, late), 10);
    same(drain(policy, ANY), [3, 4, 1, 2]);
  }),

  onFresh("a removed job is forgotten", (policy) => {
    for (const n of [1, 2, 3]) policy.add(job(n), 1);
    same(policy.remove(job(2).id, 2), true);
    same(policy.remove(job(2).id, 2), false);
    same(policy.size, 2);
    same(drain(policy, ANY), [1, 3]);
  }),

  onFresh("a removed job can be added again", (policy) => {
    policy.add(job(1), 1);
    policy.remove(job(1).id, 2);
    policy.add(job(1), 3);
    same(drain(policy, ANY), [1]);
  }),

  onFresh("a job can be added again when its run has ended", (policy) => {
    policy.add(job(1), 1);
    policy.start(job(1).id, 1_000, 2);
    policy.charge(1_000);
    policy.finish(job(1).id, 1_500, 1_502);
    policy.add(job(1), 1_600);
    same(policy.size, 1);
    same(drain(policy, ANY), [1]);
  }),

  onFresh("a group that no slot takes holds up no other", (policy) => {
    policy.add(job(1, { group: "paint" }), 1);
    policy.add(job(2, { group: "sing" }), 2);
    same(policy.next(only("sing"), 3)?.id, job(2).id);
    same(policy.next(only("dance"), 3), null);
    same(drain(policy, only("sing")), [2]);
    same(drain(policy, only("paint")), [1]);
  }),

  onFresh("a job that several want is one job", (policy) => {
    const claims = ["ada", "ben", "cyn"].map((owner) => claim({ owner }));
    policy.add(job(1, { claims }), 1);
    policy.add(job(2, { claims: claims.slice(0, 1) }), 1);
    same(policy.size, 2);
    same(drain(policy, ANY).toSorted(), [1, 2]);
  }),

  onFresh("claims come and go while a job waits", (policy) => {
    const [ada, ben] = [claim({ owner: "ada" }), claim({ owner: "ben", priority: 9 })];
    policy.add(job(1, { claims: [ada] }), 1);
    policy.change(job(1, { claims: [ada, ben] }), 2);
    policy.change(job(1, { claims: [ben] }), 3);
    policy.change(job(1, { claims: [claim({ owner: "ben", queue: "other", priority: 0 })] }), 4);
    same(policy.size, 1);
    same(drain(policy, ANY), [1]);
  }),

  onFresh("claims come and go while a job runs", (policy) => {
    policy.add(job(1), 1);
    policy.start(job(1).id, 1_000, 2);
    policy.change(job(1, { claims: [claim({ owner: "ben" })] }), 500);
    same(policy.size, 0);
    same(policy.next(ANY, 600), null);
    policy.charge(1_000);
    policy.finish(job(1).id, 1_000, 1_002);
    same(policy.size, 0);
  }),

  onFresh("charging and finishing start no job and lose none", (policy) => {
    for (let n = 1; n <= 6; n++) policy.add(job(n, { claims: [claim({ owner: `o${n % 2}` })] }), 0);
    const running = [take(policy, ANY, 0), take(policy, ANY, 0)];
    for (const now of [1_000, 2_000, 3_000]) policy.charge(now);
    for (const id of running.toReversed()) policy.finish(id, 3_000, 3_000);
    same(policy.size, 4);
    same(drain(policy, ANY).length, 4);
  }),

  onFresh("a position is a number below the size, or unknown", (policy) => {
    for (let n = 1; n <= 5; n++) policy.add(job(n), n);
    for (let n = 1; n <= 5; n++) {
      const position = policy.position(job(n).id);
      assert(
        position === null || position === n - 1,
        "the n-th job of one queue has n - 1 before it",
      );
    }
  }),

  {
    name:
      "whatever happens, the next job is one that waits and that the slot takes, if there is any",
    run(make) {
      for (let seed = 1; seed <= 20; seed++) wander(make(), seededRandom(seed));
    },
  },
];

const OWNERS = ["ada", "ben", "cyn"];
const GROUPS = ["paint", "sing", "dance"];

/** A random walk over every call, beside the plain set of what waits and what runs. */
function wander(policy: Policy, random: Random): void {
  const waiting = new Map<PromiseId, ReadyJob>();
  const running = new Set<PromiseId>();
  const below = (n: number) => Math.floor(random.unit() * n);
  const one = <T>(of: Iterable<T>): T | undefined => {
    const all = [...of];
    return all[below(all.length)];
  };
  const claims = () =>
    Array.from(
      { length: 1 + below(3) },
      (_, i) =>
        claim({
          owner: OWNERS[i]!,
          priority: below(10) as Priority,
          deadline: below(2) ? below(99) : null,
        }),
    );

  for (let step = 1, now = 0; step <= 300; step++, now += below(50)) {
    const id = one(waiting.keys());
    const busy = one(running);
    switch (below(7)) {
      case 0:
      case 1: {
        const fresh = job(step, { group: one(GROUPS)!, claims: claims(), isFirst: below(9) === 0 });
        policy.add(fresh, now);
        waiting.set(fresh.id, fresh);
        break;
      }
      case 2:
        if (id) {
          policy.change(waiting.set(id, { ...waiting.get(id)!, claims: claims() }).get(id)!, now);
        }
        break;
      case 3:
        if (id && below(2)) same([policy.remove(id, now), waiting.delete(id)], [true, true]);
        break;
      case 4:
        if (busy) policy.finish(busy, below(2_000), now);
        running.delete(busy!);
        break;
      case 5:
        policy.charge(now);
        break;
      case 6: {
        const next = nextOf(policy, { waiting, taken: GROUPS.filter(() => below(2)), now });
        if (next === null) break;
        policy.start(next, below(2_000), now);
        waiting.delete(next);
        running.add(next);
      }
    }
    same(policy.size, waiting.size);
  }
  same(drain(policy, ANY).length, waiting.size);
}

/** The next job for a slot that takes some groups, proven to be one of those that wait. */
function nextOf(
  policy: Policy,
  { waiting, taken, now }: {
    waiting: ReadonlyMap<PromiseId, ReadyJob>;
    taken: readonly string[];
    now: number;
  },
): PromiseId | null {
  const isTaken = (job: ReadyJob) => taken.includes(job.group);
  const next = policy.next({ takes: (group) => taken.includes(group) }, now);
  if (next === null) {
    assert(![...waiting.values()].some(isTaken), "no job waits that the slot takes");
    return null;
  }
  const known = waiting.get(next.id);
  assert(known && isTaken(known), "the next job waits, and the slot takes it");
  return next.id;
}

const ANY: Slot = { takes: () => true };

function only(group: string): Slot {
  return { takes: (other) => other === group };
}

function claim(some: Partial<Claim> = {}): Claim {
  return { owner: "ada", queue: "default", priority: 5, deadline: null, ...some };
}

/** The n-th job to arrive. */
function job(n: number, some: Partial<ReadyJob> = {}): ReadyJob {
  return {
    id: `00000000-0000-7000-8000-${String(n).padStart(12, "0")}` as PromiseId,
    kind: "k" as KindName,
    group: "paint",
    arrival: n,
    createdAt: n,
    claims: [claim()],
    isFirst: false,
    ...some,
  };
}

/** Starts the next job. */
function take(policy: Policy, slot: Slot, now: number): PromiseId {
  const next = policy.next(slot, now);
  assert(next !== null, "a job is next");
  policy.start(next.id, 1_000, now);
  return next.id;
}

/** Runs all that the slot takes, one after the other; their arrivals, in order. */
function drain(policy: Policy, slot: Slot): number[] {
  const order: number[] = [];
  for (let now = 10_000;; now += 1_000) {
    const next = policy.next(slot, now);
    if (!next) return order;
    order.push(next.arrival);
    policy.start(next.id, 1_000, now);
    policy.finish(next.id, 1_000, now + 1_000);
  }
}

function onFresh(name: string, check: (policy: Policy) => void): PolicyCase {
  return { name, run: (make) => check(make()) };
}

/** Compares plain values by their JSON text. */
function same(found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  assert(a === b, `found ${a}, wanted ${b}`);
}
