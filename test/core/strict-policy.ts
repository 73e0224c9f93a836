// First come, first served, by a policy that takes nothing amiss: each call must come in the order of a job's life.

import type { PromiseId } from "../../src/core/ids.ts";
import { fifo } from "../../src/schedule/fifo.ts";
import type { Policy, ReadyJob } from "../../src/schedule/policy.ts";
import { assert } from "../harness/test.ts";

/** A policy that fails where it is told of a job out of order. */
export function strictPolicy(): Policy {
  const inner = fifo();
  const waiting = new Set<PromiseId>();
  const running = new Set<PromiseId>();
  const hasClaims = ({ id, claims }: ReadyJob) =>
    assert.ok(claims.length > 0, `somebody wants ${id}`);
  return {
    add(job, now) {
      assert.ok(!waiting.has(job.id) && !running.has(job.id), `${job.id} is added once`);
      hasClaims(job);
      waiting.add(job.id);
      inner.add(job, now);
    },
    change(job, now) {
      assert.ok(waiting.has(job.id) || running.has(job.id), `${job.id} is there to be changed`);
      hasClaims(job);
      inner.change(job, now);
    },
    remove(id, now) {
      assert.ok(waiting.delete(id), `${id} is there to be removed`);
      return inner.remove(id, now);
    },
    next: (slot, now) => inner.next(slot, now),
    start(id, estimateMs, now) {
      assert.ok(waiting.delete(id), `${id} waits to be started`);
      running.add(id);
      inner.start(id, estimateMs, now);
    },
    charge: (now) => inner.charge(now),
    finish(id, ranMs, now) {
      assert.ok(running.delete(id), `${id} runs and can finish`);
      inner.finish(id, ranMs, now);
    },
    get size() {
      return inner.size;
    },
    position: (id) => inner.position(id),
  };
}
