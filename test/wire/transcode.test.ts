import fc from "fast-check";
import { decode, encode } from "../../src/base/msgpack.ts";
import { asJson, asMsgpack } from "../../src/wire/transcode.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_261_124;
const JSON_ = "application/json";
const MSGPACK = "application/vnd.msgpack";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function toMsgpack(json: string): unknown {
  const body = asMsgpack({ type: JSON_, body: bytes(json) });
  return body === null ? null : decode(body);
}

test("a body that has the form already is given as it is", () => {
  const json = { type: JSON_, body: bytes(" [1] ") };
  assert.equal(asJson(json), json.body);
  for (const type of [MSGPACK, "application/msgpack", "application/x-msgpack"]) {
    const packed = { type, body: encode([1]) };
    assert.equal(asMsgpack(packed), packed.body);
  }
});

test("other media types have neither form", () => {
  for (
    const type of ["image/png", "text/plain", "application/octet-stream", "application/geo+json"]
  ) {
    assert.equal(asJson({ type, body: bytes("1") }), null);
    assert.equal(asMsgpack({ type, body: bytes("1") }), null);
  }
});

test("a JSON value comes back the same from MessagePack", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      // A member of this name is refused by decoders, for safety.
      if (text.includes("__proto__")) return;
      const packed = asMsgpack({ type: JSON_, body: bytes(text) });
      assert.ok(packed !== null);
      const back = asJson({ type: MSGPACK, body: packed });
      assert.ok(back !== null);
      assert.deepEqual(JSON.parse(new TextDecoder().decode(back)), JSON.parse(text));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("an integer beyond doubles is exact in MessagePack, or the JSON is not said in it", () => {
  assert.deepEqual(toMsgpack('{"n":9007199254740993}'), { n: 9007199254740993n });
  assert.deepEqual(toMsgpack("[-9223372036854775808,18446744073709551615]"), [
    -9223372036854775808n,
    18446744073709551615n,
  ]);
  assert.equal(toMsgpack("[18446744073709551616]"), null);
  assert.equal(toMsgpack("[-9223372036854775809]"), null);
  assert.equal(toMsgpack("[1e400]"), null);
  assert.deepEqual(toMsgpack("[0.12345678901234567,1e300,9007199254740991]"), [
    0.12345678901234567,
    1e300,
    9007199254740991,
  ]);
  assert.deepEqual(toMsgpack("[9007199254740992,18446744073709552000]"), [
    9007199254740992,
    18446744073709552000,
  ]);
});

test("digits in a string are no number", () => {
  assert.deepEqual(toMsgpack('["18446744073709551616","1e400"]'), [
    "18446744073709551616",
    "1e400",
  ]);
});

test("MessagePack that JSON cannot say has no JSON", () => {
  const unsayable = [NaN, Infinity, new Uint8Array(2), { a: [new Uint8Array(0)] }, 2n ** 60n];
  for (const value of unsayable) {
    assert.equal(asJson({ type: MSGPACK, body: encode(value) }), null);
  }
});

test("what is no single MessagePack value has no JSON", () => {
  for (const body of [[], [0x92, 0x01], [0x01, 0x02], [0xc1], [0xdd, 0xff, 0xff, 0xff, 0xff]]) {
    assert.equal(asJson({ type: MSGPACK, body: Uint8Array.from(body) }), null);
  }
});

test("what only claims to be JSON, or is nested too deeply, is not said in MessagePack", () => {
  assert.equal(asMsgpack({ type: JSON_, body: bytes("{") }), null);
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assert.equal(asMsgpack({ type: JSON_, body: bytes(deep) }), null);
});
