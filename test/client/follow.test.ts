import fc from "fast-check";
import { HeartyError, type PromiseEvent, UnreachableError } from "../../src/client/mod.ts";
import { assert, test } from "../harness/test.ts";
import {
  event,
  events,
  fakeServer,
  PENDING,
  problem,
  type Sent,
  streamText,
} from "./fake-server.ts";

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of iterable) list.push(each);
  return list;
}

function fromOf({ target }: Sent): number {
  return Number(new URL(target, "http://x").searchParams.get("from") ?? 0);
}

test("follow gives the items in order and the end record last", async () => {
  const { client, sent } = fakeServer(() => events(streamText(["a", { b: 1 }])));
  assert.deepEqual(await all(client.follow("id")), [
    { seq: 0, value: "a" },
    { seq: 1, value: { b: 1 } },
    { end: "fulfilled", items: 2 },
  ]);
  assert.deepEqual(sent.map((s) => s.target), ["/base/promises/id/events"]);
  assert.equal(sent[0]!.headers.get("Accept"), "text/event-stream");
});

test("follow gives every item once, in order, wherever connections break", async () => {
  const values = Array.from({ length: 12 }, (_, i) => `value ${i} 漢`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ part: fc.double({ min: 0, max: 1, noNaN: true }), isCut: fc.boolean() }),
      ),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 14 }),
      async (breaks, pieceBytes, from) => {
        const left = [...breaks];
        const { client } = fakeServer((sent) => {
          const text = streamText(values, fromOf(sent));
          const next = left.shift();
          if (next === undefined) return events(text, "close", pieceBytes);
          return events(
            text.slice(0, next.part * text.length),
            next.isCut ? "cut" : "close",
            pieceBytes,
          );
        });
        const records = await all(client.follow("id", { from }));
        assert.deepEqual(records.map((r) => "value" in r ? r.value : "end" in r ? r.end : null), [
          ...values.slice(from),
          "fulfilled",
        ]);
      },
    ),
    { numRuns: 100, seed: 3 },
  );
});

test("items that come again are skipped, and a gap is fetched anew", async () => {
  const answers = [
    [event("item", { seq: 0, value: "a" }), event("item", { seq: 2, value: "c" })],
    [event("item", { seq: 0, value: "a" }), event("item", { seq: 1, value: "b" })],
    [event("rejected", { end: "rejected", items: 2, error: { reason: "failed" } })],
  ];
  const { client, sent } = fakeServer(() => events(answers.shift()!.join("")));
  const records = await all(client.follow("id"));
  assert.deepEqual(records.map((r) => "seq" in r ? r.seq : r.end), [0, 1, "rejected"]);
  assert.deepEqual(sent.map(fromOf), [0, 1, 2]);
});

test("a rejection ends the items and is not thrown", async () => {
  const error = {
    reason: "failed",
    name: "BadCurve",
    message: "no",
    retryable: false,
    detail: null,
  };
  const end = { end: "rejected", items: 0, error };
  const { client } = fakeServer(() => events(event("rejected", end, "end")));
  assert.deepEqual(await all(client.follow("id")), [end]);
});

test("one value in the end event counts as item 0", async () => {
  const end = { end: "fulfilled", items: 1, result: [1] };
  const { client } = fakeServer(() => events(event("fulfilled", end, "end")));
  assert.deepEqual(await all(client.follow("id")), [
    { seq: 0, value: [1] },
    { end: "fulfilled", items: 1 },
  ]);
  assert.deepEqual(await all(client.follow("id", { from: 1 })), [{ end: "fulfilled", items: 1 }]);
});

test("one value that the end event only links is fetched, also over a broken connection", async () => {
  const end = { end: "fulfilled", items: 1, link: "/base/promises/id/result" };
  const record = { seq: 0, type: "image/png", base64: "AAAA" };
  let tries = 0;
  const { client, sent } = fakeServer(({ target }) => {
    if (target.endsWith("/events")) return events(event("fulfilled", end, "end"));
    if (tries++ === 0) return events("", "cut");
    return new Response(`${JSON.stringify(record)}\n{"end":"fulfilled","items":1}\n`);
  });
  assert.deepEqual(await all(client.follow("id")), [record, { end: "fulfilled", items: 1 }]);
  assert.equal(sent.at(-1)!.headers.get("Accept"), "application/x-ndjson");
});

test("watch tells status and progress too, and skips events that it does not know", async () => {
  const text = [
    event("status", { state: "pending", phase: "running" }),
    event("progress", { fraction: 0.5 }),
    event("weather", "rain"),
    event("fulfilled", { end: "fulfilled", items: 0 }),
  ].join("");
  const seen = await all(fakeServer(() => events(text)).client.watch("id"));
  assert.deepEqual(seen.map((e: PromiseEvent) => e.type), ["status", "progress", "end"]);
});

test("pauses grow, are spread, and are no shorter than the server asks", async () => {
  let failures = 8;
  const { client, pauses } = fakeServer(() => {
    if (failures-- > 0) throw new TypeError("Connection refused");
    return events(streamText([]));
  });
  await all(client.follow("id"));
  assert.equal(pauses.length, 8);
  pauses.forEach((ms, i) => assert.ok(ms >= 0 && ms <= Math.min(10_000, 500 * 2 ** i), `${ms}`));

  const busy = [
    problem("draining", 503, { headers: { "Retry-After": "7" } }),
    events(streamText([])),
  ];
  const second = fakeServer(() => busy.shift()!);
  await all(second.client.follow("id"));
  assert.deepEqual(second.pauses, [7_000]);
});

test("follow gives up what will not pass", async () => {
  const gone = fakeServer(() => problem("not-found", 404));
  await assert.rejects(all(gone.client.follow("id")), (error) => {
    return error instanceof HeartyError && error.code === "not-found" &&
      error.message === "Said not-found";
  });
  assert.equal(gone.sent.length, 1);
});

test("follow bears as many failures in a row as it is told to", async () => {
  const dead = fakeServer(() => Promise.reject(new TypeError("Connection refused")));
  await assert.rejects(all(dead.client.follow("id", { failuresMax: 2 })), UnreachableError);
  assert.equal(dead.sent.length, 3);
});

test("a server that falls silent is left for a new connection", async () => {
  let isFirst = true;
  const { client, endSilence, sent } = fakeServer(({ signal }) => {
    if (!isFirst) return events(streamText(["a", "b"], 1));
    isFirst = false;
    return events(event("item", { seq: 0, value: "a" }), { hangUntil: signal! });
  });
  const iterator = client.follow("id");
  assert.deepEqual((await iterator.next()).value, { seq: 0, value: "a" });
  const next = iterator.next();
  await Promise.resolve();
  endSilence();
  assert.deepEqual((await next).value, { seq: 1, value: "b" });
  assert.equal(sent[0]!.signal!.aborted, true);
});

test("a signal ends the following with its reason, and a reader that leaves ends the connection", async () => {
  const stop = new AbortController();
  const hanging = fakeServer(({ signal }) => {
    return events(event("item", { seq: 0, value: 1 }), { hangUntil: signal! });
  });
  const iterator = hanging.client.follow("id", { signal: stop.signal });
  await iterator.next();
  const next = iterator.next();
  stop.abort(new Error("enough"));
  await assert.rejects(next, { message: "enough" });

  for await (const _ of hanging.client.follow("id")) break;
  assert.equal(hanging.sent.at(-1)!.signal!.aborted, true);
});

test("items are read by the caller's JSON parser, documents by the platform's", async () => {
  const text = event("status", PENDING) + streamText([1]);
  const { client } = fakeServer(() => events(text), {
    parse: (text) => ({ ...JSON.parse(text), seen: true }),
  });
  const seen = await all(client.watch("id"));
  assert.deepEqual(seen.map((e) => e.type), ["status", "status", "item", "end"]);
  assert.deepEqual(seen[2], { type: "item", item: { seq: 0, value: 1, seen: true } });
  assert.deepEqual(seen[0], { type: "status", promise: PENDING });
});

test("an answer that no Hearty server gives is told as such", async () => {
  const page = fakeServer(() => new Response("<h1>Not here</h1>", { status: 404 }));
  await assert.rejects(all(page.client.follow("id")), {
    name: "AnswerError",
    message: /is this a Hearty server\?/,
  });
  const gateway = [new Response("", { status: 502 }), events(streamText([]))];
  assert.equal((await all(fakeServer(() => gateway.shift()!).client.follow("id"))).length, 1);
});
