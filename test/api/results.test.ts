// One value as a result: every form of it, what a client has already, ranges of it.

import { decode, encode } from "../../src/base/msgpack.ts";
import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { type Api, api, bytesOf, eventsOf, linesOf, problemOf } from "./api.ts";

const JSON_TYPE = "application/json";
const NDJSON = "application/x-ndjson";
const MSGPACK = "application/vnd.msgpack";
const MULTIPART = "multipart/mixed";
const EVENTS = "text/event-stream";

/** A stored value, what it is as JSON, and what an item record says of it. */
interface Stored {
  readonly type: string;
  readonly body: Uint8Array;
  /** Null: JSON cannot say it. */
  readonly json: string | null;
  /** Null: MessagePack cannot say it. */
  readonly packed: unknown;
}

const VALUES: Readonly<Record<string, Stored>> = {
  json: {
    type: JSON_TYPE,
    body: bytesOf('{"a": [1, 2.50], "s": "é"}'),
    json: '{"a": [1, 2.50], "s": "é"}',
    packed: { a: [1, 2.5], s: "é" },
  },
  msgpack: {
    type: "application/msgpack",
    body: encode({ x: [1] }),
    json: '{"x":[1]}',
    packed: { x: [1] },
  },
  "msgpack beyond JSON": {
    type: MSGPACK,
    body: encode({ bin: Uint8Array.of(1) }),
    json: null,
    packed: { bin: Uint8Array.of(1) },
  },
  "bytes that are no msgpack": {
    type: MSGPACK,
    body: Uint8Array.of(0xc1),
    json: null,
    packed: null,
  },
  png: { type: "image/png", body: Uint8Array.of(0x89, 13, 10, 0), json: null, packed: null },
  text: {
    type: "text/plain; charset=utf-8",
    body: bytesOf("a\nb"),
    json: null,
    packed: null,
  },
};

/** Tries something on every kind of value. */
async function onEach(
  check: (server: Api, id: string, stored: Stored, name: string) => Promise<void>,
): Promise<void> {
  await using server = await api();
  for (const [name, stored] of Object.entries(VALUES)) {
    await check(server, await server.value(stored.body, stored.type), stored, name);
  }
}

test("a value is given as it is stored, to who accepts its type or anything", async () => {
  await onEach(async (server, id, { type, body }, name) => {
    const essence = type.split(";")[0]!;
    const family = `${essence.split("/")[0]}/*`;
    for (const accept of [undefined, "*/*", essence, type, family, "a/b, */*;q=0.1"]) {
      const response = await server.result(id, accept);
      assert.equal(response.status, 200, `${name} ${accept}`);
      assert.equal(response.headers.get("content-type"), type);
      assert.equal(response.headers.get("content-length"), String(body.length));
      assert.match(response.headers.get("etag")!, /^"[^"]+"$/);
      assert.deepEqual(await response.bytes(), Uint8Array.from(body));
    }
  });
});

test("every form varies by Accept and cannot act as a page of the server", async () => {
  await onEach(async (server, id) => {
    for (const accept of ["*/*", NDJSON, MULTIPART, EVENTS]) {
      const { headers } = await server.result(id, accept);
      assert.match(headers.get("vary")!, /\bAccept\b/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("content-security-policy"), "sandbox");
    }
  });
});

test("a value as JSON is transcoded from MessagePack, else 406", async () => {
  await onEach(async (server, id, { json }, name) => {
    const response = await server.result(id, JSON_TYPE);
    if (json === null) return void await problemOf(response, 406, "not-acceptable");
    assert.equal(response.headers.get("content-type"), JSON_TYPE);
    assert.equal(await response.text(), json, name);
  });
});

test("a value as MessagePack is transcoded from JSON, under each of its names, else 406", async () => {
  await onEach(async (server, id, { type, packed, body }, name) => {
    for (const accept of [MSGPACK, "application/msgpack", "application/x-msgpack"]) {
      const response = await server.result(id, accept);
      if (packed !== null) assert.deepEqual(decode(await response.bytes()), packed, name);
      else if (type === MSGPACK) assert.deepEqual(await response.bytes(), body);
      else await problemOf(response, 406, "not-acceptable");
    }
  });
});

test("a value as NDJSON is one item record, then the end record", async () => {
  await onEach(async (server, id, { type, body, json }, name) => {
    const item = json === null
      ? { seq: 0, type, base64: body.toBase64() }
      : { seq: 0, value: JSON.parse(json) };
    for (const accept of [NDJSON, "application/jsonl"]) {
      const response = await server.result(id, accept);
      assert.equal(response.headers.get("content-type"), NDJSON);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("x-accel-buffering"), "no");
      assert.deepEqual(await linesOf(response), [item, { end: "fulfilled", items: 1 }], name);
    }
  });
});

test("a value as multipart is one part with its own type", async () => {
  await onEach(async (server, id, { type, body }) => {
    const response = await server.result(id, MULTIPART);
    const contentType = response.headers.get("content-type")!;
    const [, boundary] = /^multipart\/mixed; boundary=([0-9A-Za-z'+_.-]{1,70})$/.exec(contentType)!;
    const latin1 = new TextDecoder("latin1");
    assert.equal(
      latin1.decode(await response.bytes()),
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n` +
        `${latin1.decode(body)}\r\n--${boundary}--\r\n`,
    );
    assert.equal(response.headers.get("etag"), null);
  });
});

test("a value as events is its status and its end, which has the value or a link", async () => {
  await onEach(async (server, id, { type, json }) => {
    for (const path of ["result", "events"]) {
      const response = await server.get(`/promises/${id}/${path}`, { Accept: EVENTS });
      assert.equal(response.headers.get("content-type"), EVENTS);
      const [status, end, ...more] = eventsOf(await response.text());
      assert.deepEqual([status!.event, status!.id, status!.data.id], ["status", null, id]);
      assert.deepEqual([end!.event, end!.id, more.length], ["fulfilled", "end", 0]);
      const result = type === JSON_TYPE
        ? { result: JSON.parse(json!) }
        : { link: `/promises/${id}/result` };
      assert.deepEqual(end!.data, { end: "fulfilled", items: 1, ...result });
    }
  });
});

test("a JSON value over 64 KiB is linked in its end event", async () => {
  await using server = await api();
  const link = async (length: number) => {
    const id = await server.value(`"${"x".repeat(length - 2)}"`, JSON_TYPE);
    const events = eventsOf(await (await server.get(`/promises/${id}/events`)).text());
    return events.at(-1)!.data.link === `/promises/${id}/result`;
  };
  assert.equal(await link(64 * 1024), false);
  assert.equal(await link(64 * 1024 + 1), true);
});

test("what nobody accepts is 406 that names the offers", async () => {
  await onEach(async (server, id) => {
    for (const accept of ["video/mp4", "*/*;q=0", "application/x-ndjson;q=0"]) {
      const response = await server.result(id, accept);
      assert.equal(response.headers.get("hearty-promise"), id);
      const { offers } = await problemOf(response, 406, "not-acceptable");
      assert.ok((offers as string[]).includes(NDJSON));
    }
  });
});

test("q-values are honoured to three digits, and q=0 excludes", async () => {
  await onEach(async (server, id, { type }) => {
    const typeOf = async (accept: string) => {
      return (await server.result(id, accept)).headers.get("content-type")!.split(";")[0];
    };
    const own = type.split(";")[0]!;
    assert.equal(await typeOf(`${own};q=0.500, ${NDJSON};q=0.501`), NDJSON);
    assert.equal(await typeOf(`${own};q=0.502, ${NDJSON};q=0.501`), own);
    assert.equal(await typeOf(`${own};q=0, ${NDJSON};q=0.001`), NDJSON);
    assert.equal(await typeOf(`${NDJSON}, ${own}`), own);
  });
});

test("who has the value already gets 304, in the form that it has", async () => {
  await onEach(async (server, id, { json, packed }) => {
    const accepts = ["*/*", ...(json === null ? [] : [JSON_TYPE]), ...(packed ? [MSGPACK] : [])];
    for (const accept of accepts) {
      const tag = (await server.result(id, accept)).headers.get("etag")!;
      for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
        const response = await server.result(id, accept, { "If-None-Match": known });
        assert.deepEqual([response.status, await response.text()], [304, ""], accept);
        assert.equal(response.headers.get("etag"), tag);
        assert.match(response.headers.get("vary")!, /\bAccept\b/);
      }
      assert.equal((await server.result(id, accept, { "If-None-Match": '"x"' })).status, 200);
    }
    const tags = await Promise.all(
      accepts.map(async (accept) => (await server.result(id, accept)).headers.get("etag")),
    );
    // The first and the last may be the same form.
    assert.ok(new Set(tags).size >= accepts.length - 1);
  });
});

test("a range of the stored bytes is 206", async () => {
  await using server = await api();
  const id = await server.value("0123456789", "text/plain");
  const ranges = { "bytes=2-4": "2-4", "bytes=7-": "7-9", "bytes=-3": "7-9", "bytes=8-99": "8-9" };
  for (const [range, given] of Object.entries(ranges)) {
    const response = await server.result(id, "*/*", { Range: range });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), `bytes ${given}/10`);
    const [from, to] = given.split("-").map(Number);
    assert.equal(await response.text(), "0123456789".slice(from, to! + 1));
    assert.equal(response.headers.get("content-length"), String(to! - from! + 1));
  }
});

test("a range beyond the end is 416 that tells the length", async () => {
  await using server = await api();
  const id = await server.value("0123456789", "text/plain");
  for (const Range of ["bytes=10-", "bytes=99-100", "bytes=-0"]) {
    const response = await server.result(id, "*/*", { Range });
    assert.equal(response.headers.get("content-range"), "bytes */10");
    await problemOf(response, 416, "range-not-satisfiable");
  }
});

test("a range that is malformed, of another unit or several is ignored", async () => {
  await using server = await api();
  const id = await server.value("0123456789", "text/plain");
  for (const Range of ["bytes=4-2", "lines=1-2", "bytes=0-1,3-4", "bytes", "bytes=x-"]) {
    assert.equal((await server.result(id, "*/*", { Range })).status, 200, Range);
  }
});

test("a range counts only if If-Range names the value", async () => {
  await using server = await api();
  const id = await server.value("0123456789", "text/plain");
  const tag = (await server.result(id)).headers.get("etag")!;
  const statusIf = async (value: string) => {
    return (await server.result(id, "*/*", { Range: "bytes=0-1", "If-Range": value })).status;
  };
  assert.equal(await statusIf(tag), 206);
  for (const other of ['"x"', `W/${tag}`, "Thu, 01 Jan 2026 00:00:00 GMT"]) {
    assert.equal(await statusIf(other), 200);
  }
});

test("a large value is streamed whole and by range", async () => {
  await using server = await api();
  const pieces = Array.from({ length: 4 }, (_, n) => new Uint8Array(100_000).fill(n + 1));
  const chunks = pieces.map((body, seq) => ({ type: "chunk", seq, body }) as const);
  const id = await server.settle([...chunks, { type: "fulfill", contentType: "a/b" }]);
  const whole = await server.result(id);
  assert.deepEqual([whole.headers.get("content-length"), whole.headers.get("content-type")], [
    "400000",
    "a/b",
  ]);
  const bytes = await whole.bytes();
  assert.deepEqual([0, 100_000, 200_000, 399_999].map((at) => bytes[at]), [1, 2, 3, 4]);
  assert.equal(bytes.length, 400_000);
  const part = await server.result(id, "*/*", { Range: "bytes=99999-200000" });
  const given = await part.bytes();
  assert.deepEqual([part.status, given.length, given[0], given[1], given.at(-1)], [
    206,
    100_002,
    1,
    2,
    3,
  ]);
  const head = await server.send(`/promises/${id}/result`, { method: "HEAD" });
  assert.deepEqual([head.headers.get("content-length"), await head.text()], ["400000", ""]);
});

test("chunks that make JSON are a JSON value", async () => {
  await using server = await api();
  const chunks = ['{"a":\n', "1}"].map((text, seq) => {
    return { type: "chunk", seq, body: bytesOf(text) } as const;
  });
  const id = await server.settle([...chunks, { type: "fulfill", contentType: JSON_TYPE }]);
  assert.equal(await (await server.result(id, JSON_TYPE)).text(), '{"a":\n1}');
  assert.equal(
    (await (await server.result(id, NDJSON)).text()).split("\n")[0],
    '{"seq":0,"value":{"a": 1}}',
  );
  const events = eventsOf(await (await server.get(`/promises/${id}/events`)).text());
  assert.deepEqual(events.at(-1)!.data.result, { a: 1 });
});

test("chunks that say they are JSON and are not break no stream", async () => {
  await using server = await api();
  const bodies = [bytesOf('1}\n{"end":"fulfilled"'), Uint8Array.of(0x22, 0xff, 0x22)];
  for (const body of bodies) {
    const id = await server.settle([
      { type: "chunk", seq: 0, body },
      { type: "fulfill", contentType: JSON_TYPE },
    ]);
    assert.deepEqual(await linesOf(await server.result(id, NDJSON)), [
      { seq: 0, type: JSON_TYPE, base64: body.toBase64() },
      { end: "fulfilled", items: 1 },
    ]);
    const events = eventsOf(await (await server.get(`/promises/${id}/events`)).text());
    assert.equal(events.at(-1)!.data.link, `/promises/${id}/result`);
    await problemOf(await server.result(id, MSGPACK), 406, "not-acceptable");
    assert.deepEqual(await (await server.result(id)).bytes(), body);
  }
});

test("a type that no header can say is that of any bytes", async () => {
  await using server = await api();
  const id = await server.value("x", "日本/語");
  const response = await server.result(id);
  assert.deepEqual([response.status, response.headers.get("content-type")], [
    200,
    "application/octet-stream",
  ]);
  const parts = await (await server.result(id, MULTIPART)).text();
  assert.match(parts, /\r\nContent-Type: application\/octet-stream\r\n/);
  const [item] = await linesOf(await server.result(id, NDJSON));
  assert.equal((item as { type: string }).type, "日本/語");
});

test("a value is waited for if that is asked, else 202 with the document", async () => {
  await using server = await api();
  const { id } = await server.job();
  const { lease } = server.run();
  for (const accept of [undefined, JSON_TYPE, "image/png"]) {
    const response = await server.result(id, accept);
    assert.equal(response.status, 202);
    assert.equal(response.headers.get("location"), `/promises/${id}`);
    assert.match(response.headers.get("vary")!, /\bAccept\b/);
    assert.ok(response.headers.has("retry-after"));
    assert.equal((await response.json()).id, id);
  }
  const late = server.get(`/promises/${id}/result?wait=1s`);
  await server.fixture.clock.advance(1_000);
  assert.equal((await late).status, 202);
  const asked = server.result(id, undefined, { Prefer: "wait=10" });
  const query = server.get(`/promises/${id}/result?wait=10s`);
  await settled();
  await server.say(lease, { type: "fulfill", value: 7 });
  const response = await asked;
  assert.equal(response.headers.get("preference-applied"), "wait=10");
  assert.deepEqual([await response.text(), await (await query).text()], ["7", "7"]);
});

test("a rejected promise without items is 424 in every form but events", async () => {
  await using server = await api();
  const error = { name: "BadCurve", message: "no", retryable: false };
  const id = await server.settle([{ type: "reject", error }]);
  for (const accept of [undefined, JSON_TYPE, NDJSON, MSGPACK, MULTIPART, "image/png"]) {
    const response = await server.result(id, accept);
    assert.equal(response.headers.get("hearty-promise"), id);
    const problem = await problemOf(response, 424, "job-failed");
    assert.deepEqual(problem.error, { reason: "failed", detail: null, ...error });
  }
  for (const path of ["result", "events"]) {
    const response = await server.get(`/promises/${id}/${path}`, { Accept: EVENTS });
    const end = eventsOf(await response.text()).at(-1)!;
    assert.deepEqual([end.event, end.data.end, end.data.items], ["rejected", "rejected", 0]);
  }
});
