// The policies that order all jobs by one number: `fifo`, `strictPriority` and `earliestDeadline` differ in it only.
//
// R1. Smaller ranks go first; among equals, jobs that lost their worker, then those that came earlier.
// R2. Waiting jobs stand in one heap for each group, so that `next` looks at one job of each group only: the
//     others of it, however many, cannot go before that one. A group without jobs is not kept.

import { assert } from "../base/assert.ts";
import { Heap, type HeapMember } from "../base/heap.ts";
import type { PromiseId } from "../core/ids.ts";
import type { Group, Policy, ReadyJob, Slot } from "./policy.ts";

/** The most jobs that `position` counts; further back it says null. */
const POSITION_MAX = 1_000;

interface Waiting extends HeapMember {
  job: ReadyJob;
  rank: number;
}

/** A policy by rank (R1). Running jobs do not matter to it: it charges nothing. */
export class RankedPolicy implements Policy {
  readonly #rank: (job: ReadyJob) => number;
  readonly #groups: Map<Group, Heap<Waiting>> = new Map();
  readonly #waiting: Map<PromiseId, Waiting> = new Map();

  /** `rank` is asked when a job is added or its claims change. */
  constructor(rank: (job: ReadyJob) => number) {
    this.#rank = rank;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(job: ReadyJob): void {
    assert(!this.#waiting.has(job.id), "a job is added once");
    const waiting: Waiting = { job, rank: this.#rank(job), heapIndex: -1 };
    this.#waiting.set(job.id, waiting);
    const heap = this.#groups.get(job.group);
    if (heap) return heap.push(waiting);
    const fresh = new Heap<Waiting>(isBefore);
    this.#groups.set(job.group, fresh);
    fresh.push(waiting);
  }

  change(job: ReadyJob): void {
    const waiting = this.#waiting.get(job.id);
    if (!waiting) return;
    assert(waiting.job.group === job.group, "a job stays in its group");
    waiting.job = job;
    waiting.rank = this.#rank(job);
    this.#groups.get(job.group)!.update(waiting);
  }

  remove(id: PromiseId): boolean {
    const waiting = this.#waiting.get(id);
    if (!waiting) return false;
    this.#waiting.delete(id);
    const heap = this.#groups.get(waiting.job.group)!;
    heap.remove(waiting);
    if (heap.size === 0) this.#groups.delete(waiting.job.group); // R2
    return true;
  }

  next(slot: Slot): ReadyJob | null {
    let best: Waiting | null = null;
    for (const [group, heap] of this.#groups) {
      const first = heap.peek()!;
      // The order is cheaper to ask for than the slot.
      if ((best === null || isBefore(first, best)) && slot.takes(group)) best = first;
    }
    return best?.job ?? null;
  }

  start(id: PromiseId): void {
    const isHere = this.remove(id);
    assert(isHere, "a job that starts was waiting");
  }

  charge(): void {}

  finish(): void {}

  position(id: PromiseId): number | null {
    const waiting = this.#waiting.get(id);
    if (!waiting) return null;
    let sum = 0;
    for (const heap of this.#groups.values()) {
      const count = heap.countBefore(waiting, POSITION_MAX - sum);
      if (count === null) return null;
      sum += count;
    }
    return sum;
  }
}

/** R1. */
function isBefore(a: Waiting, b: Waiting): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.job.isFirst !== b.job.isFirst) return a.job.isFirst;
  return a.job.arrival < b.job.arrival;
}
