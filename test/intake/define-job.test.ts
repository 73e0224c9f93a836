import { z } from "zod";
import { defineJob } from "../../src/intake/define-job.ts";
import { assert, describe, test } from "../harness/test.ts";

describe("defineJob", () => {
  test("infers the input's type for every function of the kind", () => {
    const job = defineJob({
      kind: "price",
      input: z.object({ amount: z.number(), note: z.string().default("none") }),
      // These do not compile unless `amount` is a number and `note` a text.
      key: ({ amount, note }) => `${amount.toFixed(2)} ${note.length}`,
      tags: ({ note }) => [note.trim()],
      estimate: ({ amount }) => amount * 2,
      requires: ({ note }) => ({ note }),
      run: ({ amount }, { signal, storedItems }) => signal.aborted ? storedItems : amount + 1,
    });
    assert.equal(job.functions.key?.({ amount: 1, note: "ab" }), "1.00 2");
    assert.equal(job.functions.estimate?.({ amount: 4, note: "" }), 8);
  });

  test("leaves the input unknown where there is no schema", () => {
    const job = defineJob({ kind: "any", run: (input: unknown) => typeof input });
    assert.equal(job.input, null);
    assert.equal(job.offer.inputSchema, null);
  });

  test("may expand into children, lazily", async () => {
    const job = defineJob({
      kind: "sheet",
      input: z.object({ cells: z.int() }),
      async *expand({ cells }) {
        for (let i = 0; i < cells; i++) yield { kind: "cell", input: { i }, priority: 2 };
      },
    });
    const children = [];
    for await (const child of job.functions.expand!({ cells: 2 })) children.push(child.input);
    assert.deepEqual(children, [{ i: 0 }, { i: 1 }]);
  });

  test("makes the offer that workers would make: settings in milliseconds, schemas as JSON Schema", () => {
    const { offer } = defineJob({
      kind: "price",
      version: "2",
      description: "A price",
      input: z.object({ amount: z.number().default(1), when: z.date().optional() }),
      output: z.number(),
      ttl: "1.5h",
      failureTtl: 250,
      timeout: "2d",
      attempts: 5,
      retryBase: "500ms",
      retryCap: "1m",
    });
    const { inputSchema, outputSchema, ...rest } = offer;
    assert.deepEqual(rest, {
      kind: "price",
      version: "2",
      description: "A price",
      ttlMs: 5_400_000,
      failureTtlMs: 250,
      timeoutMs: 172_800_000,
      attempts: 5,
      retryBaseMs: 500,
      retryCapMs: 60_000,
    });
    const schema = JSON.parse(inputSchema!) as { properties: unknown; required?: unknown };
    assert.deepEqual(schema.properties, { amount: { default: 1, type: "number" }, when: {} });
    assert.equal(schema.required, undefined);
    assert.equal((JSON.parse(outputSchema!) as { type: string }).type, "number");
  });

  test("refuses what cannot be", () => {
    for (const kind of ["", "a b", "a/b", "ä", "x".repeat(129), "batch"]) {
      assert.throws(() => defineJob({ kind }), /Cannot define kind/);
    }
    for (const ttl of ["5 m", "1y", "-1s", "", "1e3s"]) {
      assert.throws(() => defineJob({ kind: "a", ttl: ttl as "1s" }), /ttl is/);
    }
    for (const timeout of [-1, NaN, Infinity, 1e15]) {
      assert.throws(() => defineJob({ kind: "a", timeout }), /timeout is/);
    }
    for (const attempts of [0, 1.5, 1_001, NaN]) {
      assert.throws(() => defineJob({ kind: "a", attempts }), /attempts is/);
    }
  });
});
