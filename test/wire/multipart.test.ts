import { ByteWriter } from "../../src/wire/byte-writer.ts";
import { multipartForm, multipartType, writeOnePart } from "../../src/wire/multipart.ts";
import { assert, test } from "../harness/test.ts";
import { binaryItem, ERROR, FULFILLED, item, PROMISE, streamText, textOf } from "./samples.ts";

const BOUNDARY = "hearty-01935e4c-0000-4000-8000-000000000000";

interface Part {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A strict reader: RFC 2046 without preamble and epilogue. */
function partsOf(text: string): Part[] {
  const pieces = `\r\n${text}`.split(`\r\n--${BOUNDARY}`);
  assert.equal(pieces.shift(), "");
  assert.equal(pieces.pop(), "--\r\n");
  return pieces.map((piece) => {
    assert.ok(piece.startsWith("\r\n"));
    const end = piece.indexOf("\r\n\r\n");
    const lines = piece.slice(2, end).split("\r\n").map((line) =>
      line.split(": ") as [string, string]
    );
    return { headers: Object.fromEntries(lines), body: piece.slice(end + 4) };
  });
}

test("an item is a part of its own type, and the end is the last part", () => {
  const items = [item(0, "[1,\n2]"), item(1, "plain\r\n--x", "text/plain; charset=utf-8")];
  assert.equal(multipartForm(BOUNDARY).contentType, `multipart/mixed; boundary=${BOUNDARY}`);
  assert.deepEqual(partsOf(streamText(multipartForm(BOUNDARY), items, FULFILLED)), [
    {
      headers: { "Content-Type": "application/json", "Content-Length": "6", "Hearty-Seq": "0" },
      body: "[1,\n2]",
    },
    {
      headers: {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": "10",
        "Hearty-Seq": "1",
      },
      body: "plain\r\n--x",
    },
    {
      headers: {
        "Content-Type": "application/json",
        "Content-Length": "29",
        "Hearty-End": "fulfilled",
      },
      body: '{"end":"fulfilled","items":2}',
    },
  ]);
});

test("an empty stream has the part of its end only", () => {
  const parts = partsOf(streamText(multipartForm(BOUNDARY), [], { end: "fulfilled", items: 0 }));
  assert.deepEqual(parts.map((part) => part.headers["Hearty-End"]), ["fulfilled"]);
});

test("a part is complete with the delimiter behind it, before the next one begins", () => {
  const form = multipartForm(BOUNDARY);
  const out = new ByteWriter();
  form.open(out);
  form.item(out, binaryItem(0, "image/png", 1));
  assert.ok(new TextDecoder().decode(out.take()).endsWith(`\r\n\r\n\x01\r\n--${BOUNDARY}`));
});

test("a batch's parts name the child, and those without a value are records", () => {
  const child = { index: 3, promise: PROMISE, error: null, items: null };
  const outcomes = [
    { ...binaryItem(0, "image/png", 65), child },
    { ...item(1, ""), child: { ...child, items: 9 } },
    { ...item(2, ""), child: { ...child, promise: null, error: ERROR } },
  ];
  const [value, items, error] = partsOf(streamText(multipartForm(BOUNDARY), outcomes, FULFILLED));
  assert.equal(value!.headers["Content-Type"], "image/png");
  assert.equal(value!.headers["Hearty-Index"], "3");
  assert.equal(value!.headers["Hearty-Promise"], PROMISE);
  assert.equal(value!.body, "A");
  assert.equal(items!.headers["Content-Type"], "application/json");
  assert.deepEqual(JSON.parse(items!.body), { seq: 1, index: 3, promise: PROMISE, items: 9 });
  assert.equal(error!.headers["Hearty-Promise"], undefined);
  assert.equal(JSON.parse(error!.body).error.name, "BadCurve");
});

test("one value is the only part", () => {
  const text = textOf((out) => writeOnePart(out, BOUNDARY, item(0, "5")));
  assert.deepEqual(partsOf(text), [
    { headers: { "Content-Type": "application/json", "Content-Length": "1" }, body: "5" },
  ]);
});

test("a boundary that would need quotes is a bug", () => {
  for (const boundary of ["", "a b", "a:b", "x".repeat(71), "a\r\nb"]) {
    assert.throws(() => multipartType(boundary));
  }
});
