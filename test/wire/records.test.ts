import { endRecord, writeItemRecord } from "../../src/wire/records.ts";
import { assert, test } from "../harness/test.ts";
import {
  binaryItem,
  ERROR,
  ERROR_TEXT,
  FULFILLED,
  item,
  PROMISE,
  REJECTED,
  SOURCE,
  textOf,
} from "./samples.ts";

const REFUSED = { index: 3, promise: null, error: ERROR, items: null };

test("an item record has the number and the value", () => {
  assert.equal(
    textOf((out) => writeItemRecord(out, item(0, '{"a":1}'))),
    '{"seq":0,"value":{"a":1}}',
  );
  assert.equal(textOf((out) => writeItemRecord(out, item(12, "null"))), '{"seq":12,"value":null}');
});

test("the value is the worker's text, to the last digit, on one line", () => {
  const text = '{\r\n  "n": 12345678901234567890123,\n  "x": 1.10,\n  "é": "\\n\u2028"\n}';
  assert.equal(
    textOf((out) => writeItemRecord(out, item(1, text))),
    '{"seq":1,"value":{    "n": 12345678901234567890123,   "x": 1.10,   "é": "\\n\u2028" }}',
  );
});

test("a body that JSON cannot say has its type and base64", () => {
  assert.equal(
    textOf((out) => writeItemRecord(out, binaryItem(0, 'image/x;p="q"', 255, 0, 1))),
    '{"seq":0,"type":"image/x;p=\\"q\\"","base64":"/wAB"}',
  );
});

test("MessagePack that JSON can say is a value, other MessagePack is base64", () => {
  const map = binaryItem(0, "application/vnd.msgpack", 0x81, 0xa1, 0x61, 0x01);
  assert.equal(textOf((out) => writeItemRecord(out, map)), '{"seq":0,"value":{"a":1}}');
  const bin = binaryItem(0, "application/msgpack", 0xc4, 0x01, 0x07);
  assert.equal(
    textOf((out) => writeItemRecord(out, bin)),
    '{"seq":0,"type":"application/msgpack","base64":"xAEH"}',
  );
});

test("a batch's record names the child and how it ended", () => {
  const value = {
    ...item(0, "5"),
    child: { index: 3, promise: PROMISE, error: null, items: null },
  };
  assert.equal(
    textOf((out) => writeItemRecord(out, value)),
    `{"seq":0,"index":3,"promise":"${PROMISE}","value":5}`,
  );
  const refused = { ...item(1, ""), child: REFUSED };
  assert.equal(
    textOf((out) => writeItemRecord(out, refused)),
    `{"seq":1,"index":3,"promise":null,"error":${ERROR_TEXT}}`,
  );
  const items = { ...item(2, ""), child: { index: 0, promise: PROMISE, error: null, items: 0 } };
  assert.equal(
    textOf((out) => writeItemRecord(out, items)),
    `{"seq":2,"index":0,"promise":"${PROMISE}","items":0}`,
  );
});

test("where promises share a stream, promise is whose item it is", () => {
  assert.equal(
    textOf((out) => writeItemRecord(out, item(0, "5"), SOURCE)),
    `{"promise":"${SOURCE}","seq":0,"value":5}`,
  );
  const child = {
    ...item(0, "5"),
    child: { index: 3, promise: PROMISE, error: null, items: null },
  };
  assert.equal(
    textOf((out) => writeItemRecord(out, child, SOURCE)),
    `{"promise":"${SOURCE}","seq":0,"index":3,"child":"${PROMISE}","value":5}`,
  );
});

test("an end record says how many items there are, and why it was rejected", () => {
  assert.equal(endRecord(FULFILLED), '{"end":"fulfilled","items":2}');
  assert.equal(endRecord(REJECTED), `{"end":"rejected","items":2,"error":${ERROR_TEXT}}`);
  const plain = { ...ERROR, detail: null };
  assert.ok(endRecord({ end: "rejected", items: 0, error: plain }).endsWith('"detail":null}}'));
});
