import fc from "fast-check";
import { Output } from "../../src/cli/output.ts";
import { parseExact, printResult, statusLine } from "../../src/cli/results.ts";
import { event, events, fakeServer, PENDING, streamText } from "../client/fake-server.ts";
import { assert, test } from "../harness/test.ts";
import { fakeRuntime, type Surroundings } from "./fake-runtime.ts";

async function print(
  text: string,
  { isJson = false, from = 0, result = "", surroundings = {} }: {
    readonly isJson?: boolean;
    readonly from?: number;
    readonly result?: string;
    readonly surroundings?: Surroundings;
  } = {},
) {
  const runtime = fakeRuntime(surroundings);
  const { client } = fakeServer(({ target }) => {
    return target.endsWith("/result") ? new Response(result) : events(text);
  }, { parse: parseExact });
  const code = await printResult(new Output(runtime), client, { id: "id", isJson, from });
  return { code, stdout: runtime.stdout(), stderr: runtime.stderr() };
}

const valueEnd = event("fulfilled", { end: "fulfilled", items: 1, result: { a: 1 } });

test("one value is printed byte for byte as it is stored", async () => {
  const stored = '{"a" : 1.0}';
  assert.deepEqual(await print(valueEnd, { result: stored }), {
    code: 0,
    stdout: stored,
    stderr: "",
  });
});

test("one value ends with a new line on a terminal only", async () => {
  const surroundings = { terminals: { stdout: true } };
  assert.equal((await print(valueEnd, { result: "x", surroundings })).stdout, "x\n");
  assert.equal((await print(valueEnd, { result: "x\n", surroundings })).stdout, "x\n");
});

test("a stream is printed one JSON value a line, from where it is asked for", async () => {
  assert.equal((await print(streamText([1, { b: "x" }, null]))).stdout, '1\n{"b":"x"}\nnull\n');
  assert.equal((await print(streamText([1, 2, 3]), { from: 2 })).stdout, "3\n");
});

test("bytes in a stream are base64, and a batch's outcomes are whole records", async () => {
  const text = [
    event("item", { seq: 0, type: "image/png", base64: "AAAA" }),
    event("item", { seq: 1, index: 7, promise: "p", value: 1 }),
    event("fulfilled", { end: "fulfilled", items: 2 }),
  ].join("");
  assert.equal(
    (await print(text)).stdout,
    '{"type":"image/png","base64":"AAAA"}\n{"seq":1,"index":7,"promise":"p","value":1}\n',
  );
});

test("with --json item records and the end record are printed", async () => {
  const records = '{"seq":0,"value":1}\n{"end":"fulfilled","items":1}\n';
  assert.equal((await print(streamText([1]), { isJson: true })).stdout, records);
});

test("a rejection ends with 1, and its reason is told", async () => {
  const error = { reason: "failed", name: "BadCurve", message: "no \x1bnode", retryable: false };
  const text = event("item", { seq: 0, value: 1 }) +
    event("rejected", { end: "rejected", items: 1, error });
  assert.deepEqual(await print(text), {
    code: 1,
    stdout: "1\n",
    stderr: "error: failed: BadCurve: no ␛node\n",
  });
  assert.equal((await print(text, { isJson: true })).code, 1);
});

test("progress is shown on a terminal and taken away at the end", async () => {
  const text = event("status", { ...PENDING, waitingFor: "no worker" }) +
    event("progress", { fraction: 0.5, message: "half" }) + streamText([1]);
  const { stdout, stderr } = await print(text, { surroundings: { terminals: { stderr: true } } });
  assert.equal(stdout, "1\n");
  assert.match(stderr, /queued, no worker/);
  assert.match(stderr, /50 % half/);
  assert.ok(stderr.endsWith("\r\x1b[K"));
});

test("a pending promise is told with its place, its worker and what it waits for", () => {
  const promise = {
    phase: "queued",
    position: 3,
    worker: null,
    waitingFor: "kind limit 4 reached",
  };
  assert.equal(
    statusLine(promise as Parameters<typeof statusLine>[0]),
    "queued, at place 3, kind limit 4 reached",
  );
});

test("no digit of a number is lost between reading and printing", () => {
  const digits = fc.stringMatching(/^(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,3})?$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), digits)), (numbers) => {
      const json = `[${numbers.map(([isNegative, d]) => (isNegative ? "-" : "") + d).join(",")}]`;
      assert.equal(JSON.stringify(parseExact(json)), json);
    }),
    { numRuns: 500, seed: 5 },
  );
  assert.deepEqual(parseExact('{"seq":17,"value":["1"]}'), { seq: 17, value: ["1"] });
});
