import { explicitly, negotiate } from "../../src/wire/negotiate.ts";
import { assert, test } from "../harness/test.ts";

const JSON_ = "application/json";
const NDJSON = "application/x-ndjson";
const MSGPACK = "application/vnd.msgpack";
const PNG = "image/png";

test("without a wish the first offer is taken", () => {
  for (const accept of [null, "", "*/*", " , ,", "*"]) {
    assert.equal(negotiate(accept, [PNG, JSON_]), PNG, String(accept));
  }
  assert.equal(negotiate(null, []), null);
});

test("a named type is taken, in any case, and no other", () => {
  assert.equal(negotiate("application/json", [NDJSON, JSON_]), JSON_);
  assert.equal(negotiate("APPLICATION/Json", [NDJSON, JSON_]), JSON_);
  assert.equal(negotiate("application/json", [PNG]), null);
  assert.equal(negotiate("application/*", [PNG, JSON_]), JSON_);
  assert.equal(negotiate("app/*", [JSON_]), null);
});

test("the highest quality wins, of up to three digits", () => {
  assert.equal(negotiate(`${JSON_};q=0.998,${NDJSON};q=0.999`, [JSON_, NDJSON]), NDJSON);
  assert.equal(negotiate(`${JSON_};q=0.5,${NDJSON}`, [JSON_, NDJSON]), NDJSON);
  assert.equal(negotiate(`${JSON_}; Q=1.000 , ${NDJSON};q=.9`, [NDJSON, JSON_]), JSON_);
});

test("of equally liked types the first offered wins", () => {
  assert.equal(negotiate(`${NDJSON}, ${JSON_}`, [JSON_, NDJSON]), JSON_);
  assert.equal(negotiate("*/*", [NDJSON, JSON_]), NDJSON);
  assert.equal(negotiate(`${NDJSON}, */*;q=0.1`, [JSON_, NDJSON]), NDJSON);
});

test("the most specific entry says the quality, and 0 excludes", () => {
  assert.equal(negotiate(`*/*;q=.1, ${JSON_};q=0`, [JSON_, NDJSON]), NDJSON);
  assert.equal(negotiate(`${JSON_};q=0, */*`, [JSON_]), null);
  assert.equal(negotiate("*/*;q=0", [JSON_]), null);
  assert.equal(negotiate(`application/*;q=0.9, ${JSON_};q=0.1, */*;q=0.5`, [JSON_, PNG]), PNG);
  assert.equal(negotiate("image/*;q=0, */*", [PNG, JSON_]), JSON_);
});

test("the example of RFC 9110 has the qualities that it names", () => {
  const accept = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, " +
    "text/plain;format=fixed;q=0.4, */*;q=0.5";
  const inOrder = [
    "text/plain;format=flowed",
    "text/plain",
    "image/jpeg",
    "text/plain;format=fixed",
    "text/html",
  ];
  for (let i = 0; i < inOrder.length; i++) {
    assert.equal(negotiate(accept, inOrder.slice(i).reverse()), inOrder[i]);
  }
});

test("malformed entries are ignored, and only they", () => {
  for (
    const bad of [
      "application/json;q=1.0001",
      "application/json;q=0.1234",
      "application/json;q=NaN",
      "application/json;q=-1",
      "application/json;q=2",
      "application/json;q=",
      "application/json;q",
      "application/json;=1",
      "application/json/x",
      "application",
      "application/",
      "*/json",
      "appli cation/json",
    ]
  ) {
    assert.equal(negotiate(`${bad}, ${NDJSON}`, [JSON_, NDJSON]), NDJSON, bad);
    assert.equal(negotiate(bad, [JSON_, NDJSON]), JSON_, bad);
  }
});

test("a comma or semicolon in quotes separates nothing", () => {
  assert.equal(negotiate(`text/x;p="a,${JSON_};q=1", ${NDJSON}`, [JSON_, NDJSON]), NDJSON);
  assert.equal(negotiate(`text/x;p="\\",${JSON_}", ${NDJSON}`, [JSON_, NDJSON]), NDJSON);
  assert.equal(negotiate(`${NDJSON}, text/x;p="open, ${JSON_}`, [JSON_, NDJSON]), NDJSON);
});

test("a charset excludes nothing, another parameter must be that of the offer", () => {
  assert.equal(negotiate("application/json; charset=utf-8", [JSON_]), JSON_);
  assert.equal(
    negotiate("text/plain", ["text/plain; charset=latin1"]),
    "text/plain; charset=latin1",
  );
  assert.equal(negotiate("application/json;v=2", [JSON_]), null);
  assert.equal(negotiate('text/x;v="2"', ["text/x; v=2"]), "text/x; v=2");
});

test("every alias is the type that it stands for", () => {
  for (const alias of ["application/jsonl", "application/x-ndjson"]) {
    assert.equal(negotiate(alias, [JSON_, NDJSON]), NDJSON);
  }
  for (const alias of ["application/msgpack", "application/x-msgpack", "Application/vnd.msgpack"]) {
    assert.equal(negotiate(alias, [JSON_, MSGPACK]), MSGPACK);
  }
  assert.equal(
    negotiate("application/vnd.msgpack", ["application/msgpack"]),
    "application/msgpack",
  );
});

test("a type is explicit if it is named and not excluded, by whatever name", () => {
  assert.ok(explicitly("text/html, application/jsonl;q=0.1", NDJSON));
  assert.ok(explicitly("application/x-ndjson", NDJSON));
  for (
    const accept of [null, "", "*/*", "application/*", `${NDJSON};q=0`, `${NDJSON};q=x`, JSON_]
  ) {
    assert.ok(!explicitly(accept, NDJSON), String(accept));
  }
});

test("ten thousand entries are read in their order and at once", () => {
  const accept = `${Array.from({ length: 10_000 }, (_, i) => `a/b${i}`).join(",")},${JSON_}`;
  assert.equal(negotiate(accept, [NDJSON, JSON_]), JSON_);
});
