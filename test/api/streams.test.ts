// Items as a result: every form of them, early and late readers, and how streams end.

import { encode } from "../../src/base/msgpack.ts";
import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { api, BodyReader, itemOf, linesOf, problemOf } from "./api.ts";

const NDJSON = "application/x-ndjson";
const JSON_TYPE = "application/json";
const MSGPACK = "application/vnd.msgpack";
const MULTIPART = "multipart/mixed";
const EVENTS = "text/event-stream";
const PNG = Uint8Array.of(0x50, 0x4e);
const PACKED = encode({ x: 1 });
const FAILED = { type: "reject", error: { message: "no", retryable: false } } as const;

/** The items of some streams, and the records that say them. */
const STREAMS: readonly { items: readonly unknown[]; records: readonly object[] }[] = [
  {
    items: [1, { a: "x\ny" }, null],
    records: [{ seq: 0, value: 1 }, { seq: 1, value: { a: "x\ny" } }, { seq: 2, value: null }],
  },
  {
    items: [PNG, PNG],
    records: [0, 1].map((seq) => ({ seq, type: "image/png", base64: "UE4=" })),
  },
  {
    items: ["a", PNG, 2],
    records: [
      { seq: 0, value: "a" },
      { seq: 1, type: "image/png", base64: "UE4=" },
      { seq: 2, value: 2 },
    ],
  },
  { items: [], records: [] },
];

test("items are NDJSON to who accepts that or anything: a record a line, the end record last", async () => {
  await using server = await api();
  for (const { items, records } of STREAMS) {
    const id = await server.items(...items);
    const end = { end: "fulfilled", items: items.length };
    for (const accept of [undefined, "*/*", NDJSON, "application/jsonl", "a/b, */*;q=0.1"]) {
      const response = await server.result(id, accept);
      assert.equal(response.headers.get("content-type"), NDJSON);
      assert.equal(response.headers.get("x-accel-buffering"), "no");
      assert.deepEqual(await linesOf(response), [...records, end]);
    }
  }
});

test("items as JSON are one array of their values", async () => {
  await using server = await api();
  for (const { items, records } of STREAMS) {
    const response = await server.result(await server.items(...items), JSON_TYPE);
    assert.equal(response.headers.get("content-type"), JSON_TYPE);
    const wanted = records.map((record) => {
      const { seq: _, ...rest } = record as Record<string, unknown>;
      return "value" in rest ? rest.value : rest;
    });
    assert.deepEqual(await response.json(), wanted);
  }
});

test("items as MessagePack are records one after another, with bytes as they are", async () => {
  await using server = await api();
  const id = await server.items("a", PNG);
  for (const accept of [MSGPACK, "application/msgpack", "application/x-msgpack"]) {
    const response = await server.result(id, accept);
    assert.equal(response.headers.get("content-type"), MSGPACK);
    // The length of a byte string may be spelled in several ways.
    const binary = [0x83, ...encode("seq"), 1, ...encode("type"), ...encode("image/png")];
    assert.deepEqual([...await response.bytes()], [
      ...encode({ seq: 0, value: "a" }),
      ...binary,
      ...encode("body"),
      ...[0xc6, 0, 0, 0, 2],
      ...PNG,
      ...encode({ end: "fulfilled", items: 2 }),
    ]);
  }
});

test("items as multipart are parts with their own types, then a part for the end", async () => {
  await using server = await api();
  const response = await server.result(await server.items("a", PNG), MULTIPART);
  const [, boundary] = /boundary=(.+)$/.exec(response.headers.get("content-type")!)!;
  const parts = new TextDecoder("latin1").decode(await response.bytes()).split(`--${boundary}`);
  assert.deepEqual(parts.map((part) => part.split("\r\n").slice(1, -1)), [
    [],
    ["Content-Type: application/json", "Content-Length: 3", "Hearty-Seq: 0", "", '"a"'],
    ["Content-Type: image/png", "Content-Length: 2", "Hearty-Seq: 1", "", "PN"],
    [
      "Content-Type: application/json",
      "Content-Length: 29",
      "Hearty-End: fulfilled",
      "",
      '{"end":"fulfilled","items":2}',
    ],
    [],
  ]);
});

test("items that are MessagePack are values where JSON can say them", async () => {
  await using server = await api();
  const items = [PACKED, Uint8Array.of(0xc1)].map((body, seq) => {
    return { type: "item", seq, contentType: "application/msgpack", body } as const;
  });
  const id = await server.settle([...items, { type: "fulfill" }]);
  assert.deepEqual((await linesOf(await server.result(id))).slice(0, 2), [
    { seq: 0, value: { x: 1 } },
    { seq: 1, type: "application/msgpack", base64: "wQ==" },
  ]);
  assert.deepEqual(await (await server.result(id, JSON_TYPE)).json(), [
    { x: 1 },
    { type: "application/msgpack", base64: "wQ==" },
  ]);
});

test("a form that items have not is 406", async () => {
  await using server = await api();
  const id = await server.items(1);
  for (const accept of ["image/png", "*/*;q=0"]) {
    await problemOf(await server.result(id, accept), 406, "not-acceptable");
  }
});

test("a reader begins at the item that it asks for; beyond the end is the end record only", async () => {
  await using server = await api();
  const id = await server.items("a", "b", "c");
  const end = { end: "fulfilled", items: 3 };
  const from = (seq: number, accept = NDJSON) => {
    return server.get(`/promises/${id}/result?from=${seq}`, { Accept: accept });
  };
  assert.deepEqual(await linesOf(await from(1)), [
    { seq: 1, value: "b" },
    { seq: 2, value: "c" },
    end,
  ]);
  for (const seq of [3, 4, 1_000_000]) assert.deepEqual(await linesOf(await from(seq)), [end]);
  assert.deepEqual(await (await from(2, JSON_TYPE)).json(), ["c"]);
  assert.deepEqual(await (await from(9, JSON_TYPE)).json(), []);
  const value = await server.value("7", JSON_TYPE);
  const late = await server.get(`/promises/${value}/result?from=1`, { Accept: NDJSON });
  assert.deepEqual(await linesOf(late), [{ end: "fulfilled", items: 1 }]);
});

test("early and late readers see the same items, each once and in order", async () => {
  await using server = await api();
  const { id } = await server.job();
  const { lease } = server.run();
  const readers = [new BodyReader(await server.result(id, NDJSON))];
  for (let seq = 0; seq < 600; seq++) {
    server.worker.sayAtOnce({ type: "item", lease, seq, value: seq });
    if (seq % 200 !== 100) continue;
    await settled();
    readers.push(new BodyReader(await server.result(id)));
  }
  await server.say(lease, { type: "fulfill" });
  await settled();
  readers.push(new BodyReader(await server.result(id)));
  await settled();
  assert.equal(readers[0]!.text.split("\n").length, 602);
  assert.ok(
    readers[0]!.text.endsWith('{"seq":599,"value":599}\n{"end":"fulfilled","items":600}\n'),
  );
  for (const { text, isEnd } of readers) {
    assert.equal(text, readers[0]!.text);
    assert.ok(isEnd);
  }
});

test("a form that is named streams from the first byte on, before there is any item", async () => {
  await using server = await api();
  const { id } = await server.job();
  for (const accept of [NDJSON, "application/jsonl", MSGPACK, MULTIPART, EVENTS]) {
    const response = await server.result(id, accept);
    assert.equal(response.status, 200);
    assert.ok(accept !== EVENTS || response.headers.get("content-type") === EVENTS);
    await response.body!.cancel();
  }
});

test("items are streamed as they come", async () => {
  await using server = await api();
  const { id } = await server.job();
  const { lease } = server.run();
  await server.say(lease, itemOf("a", 0) as { type: "item"; seq: number; value: unknown });
  const array = new BodyReader(await server.result(id, JSON_TYPE));
  const lines = new BodyReader(await server.result(id));
  await settled();
  assert.equal(lines.text, '{"seq":0,"value":"a"}\n');
  assert.equal(array.text, '[\n"a"');
  await server.say(lease, { type: "item", seq: 1, value: "b" });
  assert.equal(lines.text, '{"seq":0,"value":"a"}\n{"seq":1,"value":"b"}\n');
  assert.equal(array.text, '[\n"a",\n"b"');
  await server.say(lease, { type: "fulfill" });
  assert.deepEqual(JSON.parse(array.text), ["a", "b"]);
  assert.ok(array.isEnd && lines.isEnd);
});

test("a named stream of what turns out to be one value has it as its only item", async () => {
  await using server = await api();
  const { id } = await server.job();
  const reader = new BodyReader(await server.result(id, NDJSON));
  await server.say(server.run().lease, { type: "fulfill", value: 7 });
  assert.equal(reader.text, '{"seq":0,"value":7}\n{"end":"fulfilled","items":1}\n');
});

test("a stream of a job that is rejected ends cleanly, and its end record says why", async () => {
  await using server = await api();
  const { id } = await server.job();
  const { lease } = server.run();
  await server.say(lease, { type: "item", seq: 0, value: "a" });
  const readers: Record<string, BodyReader> = {};
  for (const accept of [NDJSON, JSON_TYPE, MULTIPART, MSGPACK]) {
    readers[accept] = new BodyReader(await server.result(id, accept));
  }
  await server.say(lease, FAILED);
  assert.ok(Object.values(readers).every(({ isEnd }) => isEnd));
  const end = JSON.parse(readers[NDJSON]!.text.trimEnd().split("\n")[1]!);
  assert.deepEqual([end.end, end.items, end.error.message], ["rejected", 1, "no"]);
  assert.deepEqual(JSON.parse(readers[JSON_TYPE]!.text), ["a", end]);
  assert.match(readers[MULTIPART]!.text, /Hearty-End: rejected/);
  assert.match(readers[MSGPACK]!.text, /rejected/);
});

test("a late reader of a rejected stream gets its items and end as records, 424 as JSON", async () => {
  await using server = await api();
  const id = await server.settle([itemOf("a", 0), FAILED]);
  for (const accept of [undefined, NDJSON]) {
    const [item, end] = await linesOf(await server.result(id, accept)) as Record<string, unknown>[];
    assert.deepEqual([item, end!.end], [{ seq: 0, value: "a" }, "rejected"]);
  }
  for (const accept of [MSGPACK, MULTIPART, EVENTS]) {
    assert.equal((await server.result(id, accept)).status, 200);
  }
  await problemOf(await server.result(id, JSON_TYPE), 424, "job-failed");
});

test("a new attempt that replays its items adds none", async () => {
  await using server = await api();
  const { id } = await server.job();
  const reader = new BodyReader(await server.result(id, NDJSON));
  const first = server.run();
  await server.say(first.lease, { type: "item", seq: 0, value: "a" });
  await server.say(first.lease, { type: "reject", error: { message: "busy", retryable: true } });
  await server.fixture.clock.advance(60_000);
  const second = server.run();
  assert.equal(second.storedItems, 1);
  for (const [seq, value] of ["a", "b"].entries()) {
    await server.say(second.lease, { type: "item", seq, value });
  }
  await server.say(second.lease, { type: "fulfill" });
  assert.equal(
    reader.text,
    '{"seq":0,"value":"a"}\n{"seq":1,"value":"b"}\n{"end":"fulfilled","items":2}\n',
  );
});

test("a reader that leaves is no fault, whenever it leaves", async () => {
  await using server = await api();
  const { id } = await server.job();
  const { lease } = server.run();
  await server.say(lease, { type: "item", seq: 0, value: "a" });
  for (const accept of [NDJSON, JSON_TYPE, EVENTS]) {
    const early = await server.result(id, accept);
    await early.body!.cancel();
    const waiting = new BodyReader(await server.result(id, accept));
    await settled();
    await waiting.leave();
    // It leaves while a part is being read from the store.
    const open = server.fixture.store.holdReads();
    const reading = new BodyReader(await server.result(id, accept));
    await reading.leave();
    open();
    await settled();
  }
  await server.say(lease, { type: "fulfill" });
});

test("a stream breaks off without an end record when an item is damaged", async () => {
  await using server = await api();
  const { id } = await server.job();
  const { lease } = server.run();
  await server.say(lease, { type: "item", seq: 0, value: "a" });
  const reader = new BodyReader(await server.result(id));
  await settled();
  server.fixture.store.failingReads = 1;
  await server.say(lease, { type: "item", seq: 1, value: "b" });
  assert.ok(reader.isEnd);
  assert.equal(reader.text, '{"seq":0,"value":"a"}\n');
  assert.equal(server.fixture.faults.splice(0).length, 1);
});

test("a reader that takes nothing for a minute while data waits is dropped", async () => {
  await using server = await api({ limits: { streamsMax: 1 } });
  const id = await server.items("a", "b");
  const response = await server.result(id);
  const reader = response.body!.getReader();
  await reader.read();
  await server.fixture.clock.advance(59_000);
  await problemOf(await server.result(id), 429, "too-many-streams");
  await server.fixture.clock.advance(1_000);
  await assert.rejects(reader.read());
  assert.equal((await linesOf(await server.result(id))).length, 3);
});

test("streams a client holds open are limited", async () => {
  await using server = await api({ limits: { streamsMax: 2 } });
  const { id } = await server.job();
  const open = [await server.result(id, NDJSON), await server.get(`/promises/${id}/events`)];
  for (const path of [`/promises/${id}/events`, `/promises/${id}/result`]) {
    const response = await server.get(path, { Accept: EVENTS });
    assert.ok(response.headers.has("retry-after"));
    await problemOf(response, 429, "too-many-streams");
  }
  await open[0]!.body!.cancel();
  assert.equal((await server.result(id, NDJSON)).status, 200);
  await open[1]!.body!.cancel();
});

test("a stop of the server ends streams after a whole record", async () => {
  await using server = await api();
  const { id } = await server.job();
  await server.say(server.run().lease, { type: "item", seq: 0, value: "a" });
  const reader = new BodyReader(await server.result(id));
  await settled();
  const stopped = server.fixture.hearty.stop();
  await server.fixture.clock.advance(10_000);
  await stopped;
  assert.ok(reader.isEnd);
  assert.equal(reader.text, '{"seq":0,"value":"a"}\n');
});
