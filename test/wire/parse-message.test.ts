// What breaks the schema of a message is told by the name of its field.

import { parseWorkerMessage } from "../../src/wire/parse-message.ts";
import { assert, test } from "../harness/test.ts";

const hello = { type: "hello", name: "w", concurrency: 1, kinds: [{ kind: "k" }] };

/** The fault of a worker's message. */
function faultOf(message: unknown): string {
  const parsed = parseWorkerMessage(message);
  return "fault" in parsed ? parsed.fault : assert.fail(`Taken: ${JSON.stringify(parsed)}`);
}

test("an unknown type is told by name, a missing one as such", () => {
  assert.deepEqual(parseWorkerMessage({ type: "dance", lease: "l" }), {
    about: "dance",
    lease: "l",
    fault: 'Cannot read message: unknown "type"',
  });
  assert.equal(faultOf({}), 'Cannot read message: unknown "type"');
  assert.equal(faultOf({ type: 5 }), 'Cannot read message: unknown "type"');
});

const faults: readonly (readonly [object, string])[] = [
  [{ type: "progress" }, "lease"],
  [{ type: "progress", lease: 7 }, "lease"],
  [{ type: "progress", lease: "x".repeat(129) }, "lease"],
  [{ type: "progress", lease: "l", fraction: 2 }, "fraction"],
  [{ type: "progress", lease: "l", fraction: -1 }, "fraction"],
  [{ type: "progress", lease: "l", fraction: NaN }, "fraction"],
  [{ type: "item", lease: "l", content: {} }, "seq"],
  [{ type: "item", lease: "l", seq: -1 }, "seq"],
  [{ type: "item", lease: "l", seq: 0.5 }, "seq"],
  [{ type: "item", lease: "l", seq: 2 ** 53 }, "seq"],
  [{ type: "item", lease: "l", seq: 0 }, "value"],
  [
    { type: "item", lease: "l", seq: 0, content: { contentType: "a\nb", json: "1" } },
    "contentType",
  ],
  [{ type: "item", lease: "l", seq: 0, content: { contentType: "", json: "1" } }, "contentType"],
  [{ type: "item", lease: "l", seq: 0, content: { contentType: 5, json: "1" } }, "contentType"],
  [{ type: "chunk", lease: "l", seq: 0 }, "body"],
  [{ type: "fulfill", lease: "l", contentType: "a\u0000" }, "contentType"],
  [{ type: "fulfill", lease: "l", tags: ["a b"] }, "tags[0]"],
  [{ type: "fulfill", lease: "l", tags: Array(17).fill("t") }, "tags"],
  [{ type: "fulfill", lease: "l", ttl: "5 m" }, "ttl"],
  [{ type: "fulfill", lease: "l", ttl: -1 }, "ttl"],
  [{ type: "reject", lease: "l" }, "error"],
  [{ type: "reject", lease: "l", error: { message: "m" } }, "error.retryable"],
  [{ type: "reject", lease: "l", error: { retryable: true } }, "error.message"],
  [
    { type: "reject", lease: "l", error: { message: "m", retryable: true, detail: 2n ** 60n } },
    "error.detail",
  ],
  [{ type: "capacity", concurrency: 0 }, "concurrency"],
  [{ type: "pong", n: "1" }, "n"],
  [{ ...hello, name: "" }, "name"],
  [{ ...hello, name: "a b" }, "name"],
  [{ ...hello, name: "x".repeat(1_000_000) }, "name"],
  [{ ...hello, name: "\u202eabc" }, "name"],
  [{ ...hello, concurrency: 0 }, "concurrency"],
  [{ ...hello, concurrency: 1.5 }, "concurrency"],
  [{ ...hello, concurrency: 100_001 }, "concurrency"],
  [{ ...hello, kinds: undefined }, "kinds"],
  [{ ...hello, kinds: [{ kind: "k" }, { kind: "no/kind" }] }, "kinds[1].kind"],
  [{ ...hello, kinds: [{ kind: "k", ttl: "soon" }] }, "kinds[0].ttl"],
  [{ ...hello, kinds: [{ kind: "k", attempts: 0 }] }, "kinds[0].attempts"],
  [{ ...hello, kinds: [{ kind: "k", input: "string" }] }, "kinds[0].input"],
  [{ ...hello, kinds: Array(10_001).fill({ kind: "k" }) }, "kinds"],
  [{ ...hello, labels: { zone: 5 } }, "labels.zone"],
  [{ ...hello, labels: ["eu"] }, "labels"],
  [{ ...hello, resume: { session: "s" } }, "resume.leases"],
  [{ ...hello, resume: { session: "s", leases: [1] } }, "resume.leases[0]"],
  [{ ...hello, epoch: -1 }, "epoch"],
];

for (const [message, field] of faults) {
  const shown = JSON.stringify(message, (_, value) => typeof value === "bigint" ? "bigint" : value);
  test(`${shown.slice(0, 80)} is faulted for ${field}`, () => {
    assert.ok(faultOf(message).includes(`, field "${field}": `), faultOf(message));
  });
}

test("null counts as left out where a field may be, and foreign members are ignored", () => {
  const parsed = parseWorkerMessage({
    type: "progress",
    lease: "l",
    fraction: null,
    message: null,
    color: "red",
  });
  assert.deepEqual(parsed, {
    message: { type: "progress", lease: "l", fraction: null, message: null },
  });
});

test("texts for people are cut, and never end in half a character", () => {
  const parsed = parseWorkerMessage({
    type: "progress",
    lease: "l",
    message: "x".repeat(8_191) + "😀",
  });
  assert.ok("message" in parsed && parsed.message.type === "progress");
  assert.equal(parsed.message.message, "x".repeat(8_191) + "\ufffd");
});

test("durations are texts or seconds, and schemas become JSON text", () => {
  const parsed = parseWorkerMessage({
    ...hello,
    kinds: [{ kind: "k", ttl: "PT1H", failureTtl: 0.25, retryBase: "250ms", output: true }],
  });
  assert.ok("message" in parsed && parsed.message.type === "hello");
  const [kind] = parsed.message.kinds;
  assert.deepEqual([kind?.ttlMs, kind?.failureTtlMs, kind?.retryBaseMs], [3_600_000, 250, 250]);
  assert.equal(kind?.outputSchema, "true");
});

test("names of the prototype are no types and no fields", () => {
  assert.equal(faultOf({ type: "__proto__" }), 'Cannot read message: unknown "type"');
  assert.equal(faultOf({ type: "constructor" }), 'Cannot read message: unknown "type"');
  const polluted = JSON.parse('{"type":"pong","__proto__":{"n":1}}') as unknown;
  assert.ok(faultOf(polluted).includes('field "n"'));
});
