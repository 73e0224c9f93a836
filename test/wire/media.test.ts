import { canonicalMedia, isJson, isMsgpack, mediaEssence } from "../../src/wire/media.ts";
import { assert, test } from "../harness/test.ts";

test("an alias has its canonical name, another type its own in lower case", () => {
  assert.equal(canonicalMedia("Application/JSONL"), "application/x-ndjson");
  assert.equal(canonicalMedia("application/x-msgpack"), "application/vnd.msgpack");
  assert.equal(canonicalMedia("Image/PNG"), "image/png");
});

test("the essence of a type is what stands before its parameters", () => {
  assert.equal(mediaEssence("text/plain ; charset=utf-8"), "text/plain");
  assert.equal(mediaEssence("text/plain"), "text/plain");
});

test("only application/json is spliced into JSON, and MessagePack has three names", () => {
  assert.ok(isJson("application/json"));
  assert.ok(!isJson("application/geo+json") && !isJson("application/json; charset=utf-16"));
  for (const type of ["application/vnd.msgpack", "application/msgpack", "application/x-msgpack"]) {
    assert.ok(isMsgpack(type));
  }
  assert.ok(!isMsgpack("application/json"));
});
