// Frames and messages: the same contract for both protocols, then what is peculiar to each.

import fc from "fast-check";
import { encode } from "../../src/base/msgpack.ts";
import { decodeWorkerFrame, encodeServerMessage } from "../../src/wire/frame.ts";
import {
  PROTOCOLS,
  type ReceivedMessage,
  type SentMessage,
  type ServerMessage,
  type WorkerMessage,
} from "../../src/wire/messages.ts";
import type { Decoded } from "../../src/wire/open-frame.ts";
import { decodeServerFrame, encodeWorkerMessage } from "../../src/wire/worker-frame.ts";
import { assert, describe, test } from "../harness/test.ts";

const SEED = 20_260_102;
const JSON_FRAMES = "hearty.v1.json";
const MSGPACK_FRAMES = "hearty.v1.msgpack";

function messageOf<M>(decoded: Decoded<M>): M {
  if ("message" in decoded) return decoded.message;
  return assert.fail(JSON.stringify(decoded));
}

function faultOf(decoded: Decoded<unknown>): string {
  return "fault" in decoded ? decoded.fault : assert.fail(JSON.stringify(decoded));
}

/** The content of an item in a JSON frame. */
function itemContent(members: string): unknown {
  const message = messageOf(
    decodeWorkerFrame(JSON_FRAMES, `{"type":"item","lease":"l","seq":0,${members}}`),
  );
  return message.type === "item" ? message.content : assert.fail(message.type);
}

function itemFault(members: string): string {
  return faultOf(decodeWorkerFrame(JSON_FRAMES, `{"type":"item","lease":"l","seq":0,${members}}`));
}

const serverMessages: readonly ServerMessage[] = [
  {
    type: "welcome",
    session: "s",
    heartbeatMs: 10_000,
    graceMs: 30_000,
    maxFrame: 16_777_216,
    unacked: 1_048_576,
    epoch: 2,
    leases: ["a", "b"],
  },
  { type: "refused", reason: "name-taken" },
  { type: "ack", lease: "l", seq: 7 },
  { type: "ack", lease: "l" },
  { type: "cancel", lease: "l", reason: "withdrawn" },
  { type: "lost", lease: "l" },
  { type: "ping", n: 3 },
  { type: "bye", reason: "stopping", retryMs: 1_000 },
  { type: "error", about: "item", message: "A gap", lease: "l", expected: 4 },
];

const body = new Uint8Array([0, 1, 254, 255]);
const l = { lease: "l" };
const settled = { content: null, contentType: null, tags: [], ttlMs: null };

/** What a worker says, and what the server takes it for. */
const workerMessages: readonly (readonly [SentMessage, unknown])[] = [
  [
    {
      type: "hello",
      name: "w",
      concurrency: 2,
      kinds: [{ kind: "k", timeout: "5s", attempts: 2 }],
    },
    {
      type: "hello",
      name: "w",
      concurrency: 2,
      kinds: [{
        kind: "k",
        version: "",
        description: null,
        inputSchema: null,
        outputSchema: null,
        ttlMs: null,
        failureTtlMs: null,
        timeoutMs: 5_000,
        attempts: 2,
        retryBaseMs: null,
        retryCapMs: null,
      }],
      labels: {},
      resume: null,
      epoch: null,
    },
  ],
  [
    { type: "progress", ...l, fraction: 0.5 },
    { type: "progress", ...l, fraction: 0.5, message: null },
  ],
  [
    { type: "item", ...l, seq: 0, value: { a: [1, "ä"] } },
    {
      type: "item",
      ...l,
      seq: 0,
      content: { contentType: "application/json", json: '{"a":[1,"ä"]}' },
    },
  ],
  [
    { type: "item", ...l, seq: 1, contentType: "image/png", body },
    { type: "item", ...l, seq: 1, content: { contentType: "image/png", body } },
  ],
  [
    { type: "item", ...l, seq: 1, body },
    { type: "item", ...l, seq: 1, content: { contentType: "application/octet-stream", body } },
  ],
  [{ type: "chunk", ...l, seq: 2, body }, { type: "chunk", ...l, seq: 2, body }],
  [
    { type: "fulfill", ...l, value: null, tags: ["t"], ttl: 1.5 },
    {
      type: "fulfill",
      ...l,
      ...settled,
      content: { contentType: "application/json", json: "null" },
      tags: ["t"],
      ttlMs: 1_500,
    },
  ],
  [{ type: "fulfill", ...l }, { type: "fulfill", ...l, ...settled }],
  [
    { type: "fulfill", ...l, contentType: "image/png" },
    { type: "fulfill", ...l, ...settled, contentType: "image/png" },
  ],
  [
    { type: "reject", ...l, error: { message: "m", retryable: true, detail: { a: 1 } } },
    {
      type: "reject",
      ...l,
      error: { name: "Error", message: "m", retryable: true, detail: '{"a":1}' },
    },
  ],
  [{ type: "cancelled", ...l }, { type: "cancelled", ...l }],
  [{ type: "capacity", concurrency: 3 }, { type: "capacity", concurrency: 3 }],
  [{ type: "drain" }, { type: "drain" }],
  [{ type: "pong", n: 9 }, { type: "pong", n: 9 }],
];

for (const protocol of PROTOCOLS) {
  describe(`frames of ${protocol}`, () => {
    for (const message of serverMessages) {
      test(`the server's ${JSON.stringify(message)} arrives as it was sent`, () => {
        const frame = encodeServerMessage(protocol, message);
        assert.deepEqual(messageOf(decodeServerFrame(protocol, frame)), message);
      });
    }

    for (const [sent, taken] of workerMessages) {
      test(`the worker's ${JSON.stringify(sent).slice(0, 60)} is taken for what it says`, () => {
        const frame = encodeWorkerMessage(protocol, sent);
        assert.deepEqual(messageOf(decodeWorkerFrame(protocol, frame)), taken);
      });
    }

    test("any JSON value comes through in both directions", () => {
      const property = fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        const sent = encodeWorkerMessage(protocol, { type: "fulfill", ...l, value: plain });
        const taken = messageOf(decodeWorkerFrame(protocol, sent));
        assert.ok(taken.type === "fulfill" && taken.content && "json" in taken.content);
        assert.deepEqual(JSON.parse(taken.content.json), plain);
        const frame = encodeServerMessage(protocol, run(taken.content));
        const received = messageOf(decodeServerFrame(protocol, frame));
        assert.ok(received.type === "run" && "value" in received.input);
        assert.deepEqual(received.input.value, plain);
      });
      fc.assert(property, { seed: SEED, numRuns: 300 });
    });

    test("any bytes come through in both directions", () => {
      const property = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const sent = encodeWorkerMessage(protocol, { type: "fulfill", ...l, body: bytes });
        const taken = messageOf(decodeWorkerFrame(protocol, sent));
        assert.ok(taken.type === "fulfill" && taken.content && "body" in taken.content);
        assert.deepEqual(taken.content.body, bytes);
        const frame = encodeServerMessage(protocol, run(taken.content));
        const received = messageOf(decodeServerFrame(protocol, frame));
        assert.ok(received.type === "run" && "body" in received.input);
        assert.deepEqual(received.input.body, bytes);
      });
      fc.assert(property, { seed: SEED, numRuns: 100 });
    });

    test("what a message counts is the length of its value, never more than its frame's", () => {
      const value = Array.from({ length: 100 }, () => true);
      const counted = (message: SentMessage): [number, number] => {
        const frame = encodeWorkerMessage(protocol, message);
        const decoded = decodeWorkerFrame(protocol, frame);
        return "bytes" in decoded ? [decoded.bytes, frame.length] : assert.fail();
      };
      const [bytes, frameLength] = counted({ type: "item", ...l, seq: 0, value });
      assert.equal(bytes, Math.min(JSON.stringify(value).length, frameLength));
      assert.equal(counted({ type: "chunk", ...l, seq: 0, body })[0], 4);
      assert.equal(counted({ type: "fulfill", ...l, value })[0], 0);
    });

    test("a frame that is no object is answered with an error", () => {
      for (const value of [null, 1, "hello", [1], true]) {
        const frame = protocol === JSON_FRAMES ? JSON.stringify(value) : encode(value);
        assert.deepEqual(decodeWorkerFrame(protocol, frame), {
          about: "message",
          fault: "Cannot read message: it is no object",
        });
      }
    });

    test("whatever bytes come, a frame is a message, a fault or undecodable", () => {
      const property = fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const frame = protocol === JSON_FRAMES ? new TextDecoder().decode(bytes) : bytes;
        for (const decode of [decodeWorkerFrame, decodeServerFrame]) {
          const decoded: Decoded<WorkerMessage | ReceivedMessage> = decode(protocol, frame);
          assert.ok("message" in decoded || "fault" in decoded || "undecodable" in decoded);
        }
      });
      fc.assert(property, { seed: SEED, numRuns: 500 });
    });

    test("a frame that is cut anywhere is undecodable", () => {
      const frame = encodeWorkerMessage(protocol, { type: "item", ...l, seq: 300, value: "text" });
      for (let length = 0; length < frame.length; length++) {
        assert.ok("undecodable" in decodeWorkerFrame(protocol, frame.slice(0, length)));
      }
    });
  });
}

function run(input: Extract<ServerMessage, { type: "run" }>["input"]): ServerMessage {
  return { type: "run", ...l, promise: "p", kind: "k", attempt: 1, input, storedItems: 0 };
}

test("a frame of the other form is undecodable", () => {
  const binary = encode({ type: "drain" });
  assert.deepEqual(decodeWorkerFrame(JSON_FRAMES, binary), {
    undecodable: "A binary frame on hearty.v1.json",
  });
  assert.deepEqual(decodeWorkerFrame(MSGPACK_FRAMES, '{"type":"drain"}'), {
    undecodable: "A text frame on hearty.v1.msgpack",
  });
});

test("numbers that doubles cannot say are kept as they were spelled", () => {
  for (const text of ["9007199254740993", "[0.10,1E2]", '{"n":1e400}', "12345678901234567890123"]) {
    assert.deepEqual(itemContent(`"value":${text}`), {
      contentType: "application/json",
      json: text,
    });
    const input = { contentType: "application/json", json: text };
    assert.ok(String(encodeServerMessage(JSON_FRAMES, run(input))).includes(`"value":${text}}`));
  }
});

test("a value is found whatever stands around it", () => {
  const json = (text: string) => ({ contentType: "application/json", json: text });
  assert.deepEqual(
    itemContent('"x":{"value":1},"value" : [1, {"value":"]}\\""}] '),
    json('[1, {"value":"]}\\""}]'),
  );
  assert.deepEqual(itemContent('"\\u0076alue":5'), json("5"));
  assert.deepEqual(itemContent('"value":1,"value":2'), json("2"));
  assert.deepEqual(itemContent('"value":"\\\\","y":"value"'), json('"\\\\"'));
  assert.deepEqual(itemContent('"content":{"json":"9"},"value":true'), json("true"));
});

test("a value is stored on one line", () => {
  assert.deepEqual(itemContent('"value":{\r\n  "a":\n1 }'), {
    contentType: "application/json",
    json: '{   "a": 1 }',
  });
});

test("a value has a JSON type, whose parameters go", () => {
  const typeOf = (contentType: string) => itemContent(`"contentType":"${contentType}","value":1`);
  assert.deepEqual(typeOf("Application/JSON; charset=utf-8"), {
    contentType: "application/json",
    json: "1",
  });
  assert.deepEqual(typeOf("application/geo+json"), {
    contentType: "application/geo+json",
    json: "1",
  });
  assert.match(
    itemFault('"contentType":"text/plain","value":1'),
    /field "contentType": wanted a JSON type/,
  );
});

test("a body that claims to be JSON is proven to be", () => {
  const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
  const members = (text: string) => `"contentType":"application/json","body":"${base64(text)}"`;
  assert.deepEqual(itemContent(members(' {"n":9007199254740993}\n')), {
    contentType: "application/json",
    json: '{"n":9007199254740993}',
  });
  assert.match(itemFault(members("{")), /field "body": wanted JSON text/);
  assert.match(itemFault('"contentType":"application/json","body":"/w=="'), /field "body"/);
});

test("only base64 with its padding, and without anything else, is a body", () => {
  assert.deepEqual(itemContent('"body":""'), {
    contentType: "application/octet-stream",
    body: new Uint8Array(),
  });
  for (const bad of ["A", "AA", "AA=", "AB==", "A A=", "AA==\\n", "_-__", "AAAA====", "äAAA"]) {
    assert.match(itemFault(`"body":"${bad}"`), /field "body": wanted base64/, bad);
  }
  assert.match(itemFault('"body":7'), /field "body": wanted bytes/);
});

test("a message has a value or a body, not both, and an item has one", () => {
  assert.match(
    itemFault('"value":1,"body":"AA=="'),
    /field "body": wanted "value" or "body", not both/,
  );
  assert.match(itemFault('"contentType":"a/b"'), /field "value": wanted "value" or "body"/);
  assert.deepEqual(itemContent('"value":null,"body":"AA=="'), {
    contentType: "application/octet-stream",
    body: new Uint8Array([0]),
  });
});

test("a value that is nested too deeply is refused, whatever the runtime's stack", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(itemContent(`"value":${nested(1_000)}`));
  assert.match(itemFault(`"value":${nested(1_001)}`), /field "value": wanted at most 1000 levels/);
  const deepest = decodeWorkerFrame(JSON_FRAMES, `{"type":"item","value":${nested(1_000_000)}}`);
  assert.ok("fault" in deepest || "undecodable" in deepest);
});

test("what JSON cannot say is kept as the MessagePack that it came in", () => {
  const unsayable = [
    new Uint8Array([1, 2]),
    { deep: [new Uint8Array(300)] },
    NaN,
    -Infinity,
    2n ** 60n,
    new Date(1_000),
  ];
  for (const value of unsayable) {
    const frame = encodeWorkerMessage(MSGPACK_FRAMES, { type: "fulfill", ...l, value });
    const message = messageOf(decodeWorkerFrame(MSGPACK_FRAMES, frame));
    assert.ok(message.type === "fulfill" && message.content && "body" in message.content);
    assert.equal(message.content.contentType, "application/vnd.msgpack");
    assert.deepEqual(Uint8Array.from(message.content.body), Uint8Array.from(encode(value)));
  }
});

test("integers may come in 64 bits, as some encoders write all of them", () => {
  const wide = (small: number) => [0xd3, 0, 0, 0, 0, 0, 0, 0, small];
  const text = (ascii: string) => [0xa0 + ascii.length, ...new TextEncoder().encode(ascii)];
  const frame = new Uint8Array([
    ...[0x84, ...text("type"), ...text("item"), ...text("lease"), ...text("l")],
    ...[...text("seq"), ...wide(4), ...text("value"), 0x91, ...wide(5)],
  ]);
  assert.deepEqual(messageOf(decodeWorkerFrame(MSGPACK_FRAMES, frame)), {
    type: "item",
    ...l,
    seq: 4,
    content: { contentType: "application/json", json: "[5]" },
  });
});

test("hostile lengths and bad UTF-8 in MessagePack are undecodable", () => {
  const hostile = [
    [0xdd, 0x05, 0xf5, 0xe1, 0x00],
    [0xdf, 0xff, 0xff, 0xff, 0xff],
    [0xc6, 0xff, 0xff, 0xff, 0xff],
    [0x81, 0xa1, 0x61, 0xa2, 0xff, 0xfe],
    [0x81, 0xa2, 0xff, 0xfe, 0x01],
    [0x80, 0x80],
    [0xc1],
    [],
  ];
  for (const bytes of hostile) {
    assert.ok(
      "undecodable" in decodeWorkerFrame(MSGPACK_FRAMES, new Uint8Array(bytes)),
      String(bytes),
    );
  }
});
