// Long work in short pieces, and how often others get a turn in between.

import { type Clock, type Now, sleep } from "../../src/base/clock.ts";
import { finish, finishInTurns, type Steps, turns } from "../../src/base/steps.ts";
import { ManualClock } from "../harness/manual-clock.ts";
import { assert, test } from "../harness/test.ts";

/** A clock that only work moves; what waits is next at once, and counted. */
class WorkClock implements Clock {
  mono = 0;
  turns = 0;

  now(): Now {
    return { wall: this.mono, mono: this.mono };
  }

  timer(_at: number, fire: () => void): () => void {
    this.turns++;
    queueMicrotask(fire);
    return () => undefined;
  }
}

/** Work of 100 pieces, each of which takes so long. */
function* work(clock: WorkClock, pieceMs: number): Steps<string> {
  for (let piece = 0; piece < 100; piece++) {
    clock.mono += pieceMs;
    yield;
  }
  return "done";
}

test("work that is done at once gives nobody a turn", () => {
  const clock = new WorkClock();
  assert.equal(finish(work(clock, 1)), "done");
  assert.equal(clock.turns, 0);
});

test("others get a turn every few milliseconds, however short the pieces are", async () => {
  // A turn costs a millisecond or more on every runtime: one after each short piece takes longer than the work.
  for (const [pieceMs, turnsTaken] of [[10, 100], [1, 20], [0.25, 5]] as const) {
    const clock = new WorkClock();
    assert.equal(await finishInTurns(work(clock, pieceMs), turns(clock)), "done");
    assert.equal(clock.turns, turnsTaken, `${pieceMs} ms`);
  }
});

test("who waits for a turn lets all go first whose time has come", async () => {
  const clock = new ManualClock();
  const order: string[] = [];
  const pause = turns(clock);
  await clock.advance(100);
  const others = sleep(clock, 0).then(() => order.push("another"));
  const paused = pause().then(() => order.push("long work"));
  await clock.advance(0);
  await Promise.all([others, paused]);
  assert.deepEqual(order, ["another", "long work"]);
});
