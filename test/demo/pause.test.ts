import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pace, pause } from "../../src/demo/pause.ts";
import { assert, test } from "../harness/test.ts";

test("a request is answered while a long computation pauses now and then", async () => {
  const server = createServer((_request, response) => void response.end("alive"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let answer: string | null = null;
  const asked = fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })
    .then(async (response) => answer = await response.text());
  const { signal } = new AbortController();
  let pauses = 0;
  for (; pauses < 200 && answer === null; pauses++) {
    compute();
    await pause(signal);
  }
  await asked;
  await new Promise((resolve) => server.close(resolve));
  assert.equal(answer, "alive");
  assert.ok(pauses < 200, `after ${pauses} pauses`);
});

test("a cancelled job ends at its next pause, with the reason", async () => {
  const controller = new AbortController();
  const paused = pause(controller.signal);
  controller.abort(new Error("no longer wanted"));
  await assert.rejects(paused, { message: "no longer wanted" });
  await assert.rejects(pause(controller.signal), { message: "no longer wanted" });
});

test("a pace pauses after about 15 ms of work, not before", async () => {
  const controller = new AbortController();
  controller.abort(new Error("paused")); // a pause shows by throwing
  const pace = new Pace(controller.signal);
  await pace.worked(8);
  await pace.worked(6.9);
  await assert.rejects(pace.worked(0.2), { message: "paused" });
  await pace.worked(14.9);
  await assert.rejects(pace.worked(1_000), { message: "paused" });
});

/** A few milliseconds of work. */
function compute(): number {
  let sum = 0;
  for (let i = 1; i < 1_000_000; i++) sum += Math.log(i);
  return sum;
}
