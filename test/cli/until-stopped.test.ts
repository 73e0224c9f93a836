import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { interruptible } from "../../src/cli/command.ts";
import { Output } from "../../src/cli/output.ts";
import { untilStopped } from "../../src/cli/until-stopped.ts";
import { assert, test } from "../harness/test.ts";
import { fakeRuntime } from "./fake-runtime.ts";

function fixture() {
  const runtime = fakeRuntime();
  const context = {
    runtime,
    out: new Output(runtime),
    clock: systemClock(),
    random: seededRandom(1),
  };
  const stops: string[] = [];
  const stop = () => Promise.resolve(void stops.push("stop"));
  return { runtime, context, stops, stop, never: new Promise<void>(() => {}) };
}

test("a server runs until SIGTERM or SIGINT, and is then stopped", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { runtime, context, stops, stop, never } = fixture();
    const code = untilStopped(context, () => Promise.resolve({ ended: never, stop }));
    runtime.signal(signal);
    assert.equal(await code, 0);
    assert.deepEqual(stops, ["stop"]);
  }
});

test("a signal that comes while a server starts stops it as soon as it has started", async () => {
  const { runtime, context, stops, stop, never } = fixture();
  const started = Promise.withResolvers<{ ended: Promise<void>; stop: () => Promise<void> }>();
  const code = untilStopped(context, () => started.promise);
  runtime.signal("SIGTERM");
  assert.deepEqual(stops, []);
  started.resolve({ ended: never, stop });
  assert.equal(await code, 0);
  assert.deepEqual(stops, ["stop"]);
});

test("a second signal ends the process at once with 1", async () => {
  const { runtime, context, never } = fixture();
  void untilStopped(context, () => Promise.resolve({ ended: never, stop: () => never }));
  await Promise.resolve();
  runtime.signal("SIGTERM");
  assert.throws(() => runtime.signal("SIGINT"), { message: "Exit 1" });
});

test("what ends by itself is not stopped, and what fails fails the command", async () => {
  const { context, stops, stop } = fixture();
  assert.equal(
    await untilStopped(context, () => Promise.resolve({ ended: Promise.resolve(), stop })),
    0,
  );
  const failed = Promise.reject(new Error("refused"));
  await assert.rejects(untilStopped(context, () => Promise.resolve({ ended: failed, stop })), {
    message: "refused",
  });
  assert.deepEqual(stops, []);
});

test("Ctrl-C ends a wait with 130, and a second one ends it at once", async () => {
  const { runtime, context } = fixture();
  const waits = (signal: AbortSignal) =>
    new Promise<number>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  const code = interruptible(context, waits);
  runtime.signal("SIGINT");
  assert.equal(await code, 130);

  void interruptible(context, () => new Promise(() => {}));
  runtime.signal("SIGINT");
  assert.throws(() => runtime.signal("SIGINT"), { message: "Exit 130" });
});

test("an error that no Ctrl-C caused is passed on", async () => {
  const { context } = fixture();
  const work = () => Promise.reject(new Error("broken"));
  await assert.rejects(interruptible(context, work), {
    message: "broken",
  });
});
