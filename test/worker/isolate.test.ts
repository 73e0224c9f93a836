// Jobs in threads of their own, with real threads of this runtime.

import { isolate, type Job, type KindDefinition } from "../../src/worker/mod.ts";
import { assert, test } from "../harness/test.ts";
import isolatedKinds from "./isolated-kinds.ts";

const kinds = isolate(new URL("./isolated-kinds.ts", import.meta.url).href, isolatedKinds);

/** A job of a kind, and what its handler told. */
function jobOf(kind: string, value: unknown, told: Partial<Job> = {}): Job & { heard: unknown[] } {
  const heard: unknown[] = [];
  return {
    promise: "p",
    kind,
    attempt: 1,
    input: { contentType: "application/json", value },
    timeoutMs: null,
    traceparent: null,
    storedItems: 0,
    signal: new AbortController().signal,
    progress: (fraction, message) => heard.push([fraction, message]),
    continueItems: () => heard.push("continued"),
    mark: (marks) => heard.push(marks),
    heard,
    ...told,
  };
}

async function run(job: Job): Promise<unknown> {
  const { run } = kinds[job.kind] as KindDefinition;
  return await run(undefined, job);
}

test("a value is computed in a thread", async () => {
  assert.equal(await run(jobOf("double", 21)), 42);
});

test("what the server is to know of a kind stays", async () => {
  assert.equal((kinds.described as KindDefinition).description, "Has a description");
  assert.equal(await run(jobOf("described", null)), "described");
});

test("a generator in a thread yields, tells its progress, and continues", async () => {
  const job = jobOf("count", 4, { storedItems: 2 });
  const items: unknown[] = [];
  for await (const item of await run(job) as AsyncIterable<unknown>) items.push(item);
  assert.deepEqual(items, [2, 3]);
  assert.deepEqual(job.heard, [
    "continued",
    [0.5, "item 2"],
    [0.75, "item 3"],
    { tags: ["counted"] },
  ]);
});

test("a generator that is left ends its thread", async () => {
  const items: unknown[] = [];
  for await (const item of await run(jobOf("endless", null)) as AsyncIterable<unknown>) {
    items.push(item);
    if (items.length === 3) break;
  }
  const last = items.at(-1) as { contentType: string; body: Uint8Array };
  assert.deepEqual([last.contentType, new TextDecoder().decode(last.body)], ["text/plain", "2"]);
});

test("bytes come out of a thread with their type", async () => {
  const response = await run(jobOf("image", null)) as Response;
  assert.equal(response.headers.get("content-type"), "image/png");
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.ok(bytes.length === 600_000 && bytes.every((byte) => byte === 5));
});

test("a handler that never stops is stopped by a cancel", async () => {
  const stop = new AbortController();
  const running = run(jobOf("busy", null, { signal: stop.signal }));
  stop.abort(new Error("withdrawn"));
  await assert.rejects(running, /withdrawn/);
});

test("a job that is cancelled before it starts starts no thread", async () => {
  await assert.rejects(run(jobOf("busy", null, { signal: AbortSignal.abort() })));
});

test("what a handler throws keeps its name, retryability and detail", async () => {
  await assert.rejects(run(jobOf("fails", null)), {
    name: "RetryableError",
    message: "Not now",
    retryable: true,
    detail: { in: "a thread" },
  });
  await assert.rejects(run(jobOf("unsayable", null)), /^RetryableError: Not now \(its detail/);
});

test("a value that cannot leave its thread fails the job", async () => {
  await assert.rejects(run(jobOf("uncopied", null)), { name: "DataCloneError" });
});

test("a thread that crashes fails its job, not the program", async () => {
  await assert.rejects(run(jobOf("crashes", null)), (error: Error) => {
    assert.equal(error.message, "The job's thread failed outside of its handler");
    assert.match(String(error.cause), /never awaited/);
    return true;
  });
});
