import { decodeMulti } from "@msgpack/msgpack";
import { msgpackForm } from "../../src/wire/msgpack-records.ts";
import type { StoredItem, StreamEnd } from "../../src/wire/records.ts";
import { assert, test } from "../harness/test.ts";
import { binaryItem, ERROR, FULFILLED, item, PROMISE, REJECTED, stream } from "./samples.ts";

function records(items: readonly StoredItem[], end: StreamEnd): unknown[] {
  return [...decodeMulti(stream(msgpackForm(), items, end), { useBigInt64: true })];
}

test("JSON items are maps of number and value, and the end record is last", () => {
  assert.equal(msgpackForm().contentType, "application/vnd.msgpack");
  assert.deepEqual(records([item(0, '{"a":[1,"é"]}'), item(70_000, "null")], FULFILLED), [
    { seq: 0, value: { a: [1, "é"] } },
    { seq: 70_000, value: null },
    { end: "fulfilled", items: 2 },
  ]);
});

test("MessagePack items are spliced in as they are stored", () => {
  const stored = binaryItem(
    0,
    "application/msgpack",
    0x82,
    0xa1,
    0x61,
    0xc4,
    0x01,
    0x07,
    0xa1,
    0x62,
    0xca,
    0x7f,
    0xc0,
    0,
    0,
  );
  assert.deepEqual(records([stored], FULFILLED)[0], {
    seq: 0,
    value: { a: Uint8Array.of(7), b: NaN },
  });
});

test("other items are carried with their type as bytes", () => {
  for (const length of [0, 1, 255, 256, 65_536]) {
    const bytes = new Uint8Array(length).fill(7);
    const [record] = records([{ seq: 1, type: "image/png", body: bytes }], FULFILLED);
    assert.deepEqual(record, { seq: 1, type: "image/png", body: bytes });
  }
});

test("JSON that MessagePack cannot say exactly is carried as its text", () => {
  const huge = item(0, "123456789012345678901234567890");
  assert.deepEqual(records([huge], FULFILLED)[0], {
    seq: 0,
    type: "application/json",
    body: huge.body,
  });
});

test("a batch's records name the child and how it ended", () => {
  const child = { index: 3, promise: PROMISE, error: null, items: null };
  const outcomes = [
    { ...item(0, "5"), child },
    { ...binaryItem(1, "image/png", 1), child },
    { ...item(2, ""), child: { ...child, items: 9 } },
    { ...item(3, ""), child: { ...child, promise: null, error: { ...ERROR, detail: '{"a":1}' } } },
  ];
  assert.deepEqual(records(outcomes, FULFILLED).slice(0, 4), [
    { seq: 0, index: 3, promise: PROMISE, value: 5 },
    { seq: 1, index: 3, promise: PROMISE, type: "image/png", body: Uint8Array.of(1) },
    { seq: 2, index: 3, promise: PROMISE, items: 9 },
    { seq: 3, index: 3, promise: null, error: { ...ERROR, detail: { a: 1 } } },
  ]);
});

test("the end record of a rejected stream has the error", () => {
  const error = { ...ERROR, detail: '{"a":1}' };
  assert.deepEqual(records([], { ...REJECTED, items: 0, error } as StreamEnd), [
    { end: "rejected", items: 0, error: { ...ERROR, detail: { a: 1 } } },
  ]);
});
