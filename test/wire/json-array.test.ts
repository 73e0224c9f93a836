import { jsonArrayForm } from "../../src/wire/json-array.ts";
import { ndjsonForm } from "../../src/wire/ndjson.ts";
import { assert, test } from "../harness/test.ts";
import {
  binaryItem,
  ERROR,
  ERROR_TEXT,
  FULFILLED,
  item,
  PROMISE,
  REJECTED,
  streamText,
} from "./samples.ts";

const ITEMS = [item(0, '{\n"n":9007199254740993}'), binaryItem(1, "image/png", 137, 80)];

test("a JSON array has the values of a stream, and type and base64 of what is no JSON", () => {
  assert.equal(jsonArrayForm().contentType, "application/json");
  const text = streamText(jsonArrayForm(), ITEMS, FULFILLED);
  assert.equal(text, '[\n{ "n":9007199254740993},\n{"type":"image/png","base64":"iVA="}\n]\n');
  assert.equal(JSON.parse(text).length, 2);
});

test("an array without items is empty", () => {
  assert.deepEqual(JSON.parse(streamText(jsonArrayForm(), [], { end: "fulfilled", items: 0 })), []);
});

test("the end record is the last element of an array that was rejected on the way", () => {
  const text = streamText(jsonArrayForm(), [item(0, "1")], REJECTED);
  assert.equal(text, `[\n1,\n{"end":"rejected","items":2,"error":${ERROR_TEXT}}\n]\n`);
  assert.equal(JSON.parse(streamText(jsonArrayForm(), [], REJECTED))[0].end, "rejected");
});

test("an array of a batch has its item records", () => {
  const children = [
    { ...item(0, "5"), child: { index: 1, promise: PROMISE, error: null, items: null } },
    { ...item(1, ""), child: { index: 0, promise: null, error: ERROR, items: null } },
  ];
  const array = JSON.parse(streamText(jsonArrayForm(), children, FULFILLED));
  assert.deepEqual(array[0], { seq: 0, index: 1, promise: PROMISE, value: 5 });
  assert.equal(array[1].error.name, "BadCurve");
});

test("NDJSON has one record a line and the end record last", () => {
  assert.equal(ndjsonForm().contentType, "application/x-ndjson");
  assert.equal(
    streamText(ndjsonForm(), ITEMS, FULFILLED),
    '{"seq":0,"value":{ "n":9007199254740993}}\n' +
      '{"seq":1,"type":"image/png","base64":"iVA="}\n' +
      '{"end":"fulfilled","items":2}\n',
  );
  const last = streamText(ndjsonForm(), [], REJECTED);
  assert.equal(last, `{"end":"rejected","items":2,"error":${ERROR_TEXT}}\n`);
});
