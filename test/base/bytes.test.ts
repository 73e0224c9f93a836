import {
  compareBytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  fromBase64Url,
  fromHex,
  toBase64Url,
  toHex,
} from "../../src/base/bytes.ts";
import { assert, test } from "../harness/test.ts";

test("bytes survive hexadecimal and base64url", () => {
  const bytes = Uint8Array.of(0, 1, 127, 128, 250, 251, 255);
  assert.deepEqual(fromHex(toHex(bytes)), bytes);
  assert.deepEqual(fromBase64Url(toBase64Url(bytes)), bytes);
  assert.equal(toHex(bytes), "00017f80fafbff");
  assert.equal(toBase64Url(Uint8Array.of(251, 255)), "-_8");
});

test("text that spells no bytes is told apart from text that does", () => {
  for (const text of ["0", "0g", " 00", "00\n"]) assert.equal(fromHex(text), null);
  // Padding, another alphabet, a lone digit, stray bits, white space.
  for (const text of ["AA==", "+/", "A", "AB", "A A"]) assert.equal(fromBase64Url(text), null);
  assert.deepEqual(fromHex("FF"), Uint8Array.of(255));
  assert.deepEqual(fromBase64Url(""), new Uint8Array(0));
});

test("bytes are compared one by one, and a beginning comes first", () => {
  const sorted = [[], [0], [0, 0], [0, 255], [1], [200], [255]].map((bytes) =>
    Uint8Array.from(bytes)
  );
  assert.deepEqual([...sorted].reverse().sort(compareBytes), sorted);
  assert.equal(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), 0);
});

test("parts are put together in order", () => {
  assert.deepEqual(concatBytes(), new Uint8Array(0));
  assert.deepEqual(
    concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)),
    Uint8Array.of(1, 2, 3),
  );
});

test("UTF-8 is read strictly, and keeps a byte order mark", () => {
  assert.equal(decodeUtf8(encodeUtf8("\ufeffZoë 🙂")), "\ufeffZoë 🙂");
  for (const bytes of [[0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    assert.equal(decodeUtf8(Uint8Array.from(bytes)), null);
  }
});
