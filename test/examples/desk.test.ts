// The analytics desk of src/demo as its users see it: a server that knows its kinds, a worker that computes them, and clients that
// use nothing but `fetch`.

import { createHash } from "node:crypto";
import { jobs, kinds } from "../../src/demo/app.ts";
import { createHearty } from "../../src/mod.ts";
import { serveLocalJobs } from "../../src/worker/mod.ts";
import { assert, test } from "../harness/test.ts";

test("a client that has a price which is good enough withdraws, and the job stops", async () => {
  await using desk = await openDesk();
  const posted = await desk.post("option-price", { days: 5, paths: 8_000_000 }, "ann");
  assert.equal(posted.status, 202);
  const promise = posted.headers.get("location")!;
  const result = await desk.fetch(`${promise}/result`, {
    headers: { accept: "application/x-ndjson" },
  });
  let seen = 0;
  for await (const { value } of records(result)) {
    seen++;
    if (value.standardError < 0.05) break;
  }
  assert.ok(seen >= 1 && seen < 40);
  const withdrawn = await desk.fetch(`${promise}?owner=ann`, { method: "DELETE" });
  assert.equal(withdrawn.status, 204);
  const document = await (await desk.fetch(promise)).json();
  assert.deepEqual([document.state, document.error.reason], ["rejected", "cancelled"]);
});

test("owners who ask for the same share one computation, however they spell it", async () => {
  await using desk = await openDesk();
  const ann = await desk.post("value-at-risk", { days: 1, scenarios: 400_000 }, "ann");
  const bob = await desk.post(
    "value-at-risk",
    { scenarios: 4e5, days: 1, confidence: 0.99 },
    "bob",
  );
  assert.equal(bob.headers.get("location"), ann.headers.get("location"));
  assert.match(bob.headers.get("cache-status")!, /collapsed/);
  const result = await desk.fetch(`${ann.headers.get("location")}/result?wait=30s`);
  const { valueAtRisk, standardError } = await result.json();
  assert.ok(valueAtRisk > 100 * standardError);
});

test("an aggregate of 200,000 flights streams, and its last item is exact", async () => {
  await using desk = await openDesk();
  const posted = await desk.post("flight-delays", { resamples: 100 }, "carol");
  const result = await desk.fetch(`${posted.headers.get("location")}/result`, {
    headers: { accept: "application/json" },
  });
  const items = await result.json();
  assert.deepEqual([items.length, items[0].type, items[24].type, items[24].flights], [
    25,
    "partial",
    "final",
    200_000,
  ]);
});

test("a chart is an image that a browser shows from its address", async () => {
  await using desk = await openDesk();
  const posted = await desk.post("price-chart", {}, "carol");
  const result = await desk.fetch(`${posted.headers.get("location")}/result?wait=30s`);
  assert.equal(result.headers.get("content-type"), "image/svg+xml");
  assert.match(await result.text(), /^<svg /);
});

test("an input that makes no sense is refused before anything runs, with the reason", async () => {
  await using desk = await openDesk();
  const refused = await desk.post("flight-delays", { fromHour: 9, untilHour: 8 }, "carol");
  assert.equal(refused.status, 422);
  assert.deepEqual((await refused.json()).errors, [
    { path: ["untilHour"], message: "Must be after fromHour: 8 is not after 9" },
  ]);
});

/** A server of the desk, and a worker in the same process. */
async function openDesk() {
  const hearty = createHearty({
    sha256: (data) => createHash("sha256").update(data).digest("hex"),
    jobs,
  });
  await hearty.start();
  const worker = serveLocalJobs(
    (port) => void hearty.dispatch.accept(port, { principal: "desk", address: "local" }),
    { kinds, name: "desk", concurrency: 2 },
  );
  await worker.ready;
  const fetch = (path: string, init?: RequestInit) =>
    hearty.fetch(new Request(`http://localhost${path}`, init));
  return {
    fetch,
    post: (kind: string, input: object, owner: string) =>
      fetch(`/jobs/${kind}?owner=${owner}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(input),
      }),
    async [Symbol.asyncDispose]() {
      worker.drain();
      await worker.closed;
      await hearty.stop();
    },
  };
}

/** The item records of an NDJSON stream, as they come. */
async function* records(response: Response) {
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
