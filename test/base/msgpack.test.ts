import fc from "fast-check";
import { fromHex } from "../../src/base/bytes.ts";
import { decode, encode, MessagePackError } from "../../src/base/msgpack.ts";
import { assert, describe, test } from "../harness/test.ts";

function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(" ", ""))!;
}

describe("MessagePack", () => {
  test("carries JSON and byte strings there and back", () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 5 }),
      fc.dictionary(fc.string(), fc.uint8Array()),
      fc.array(
        fc.oneof(
          fc.double({ noNaN: true }),
          fc.integer(),
          fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
        ),
      ),
    ).filter((original) => !JSON.stringify(original, nameBigInt).includes('"__proto__":'));
    fc.assert(
      fc.property(value, (original) => {
        const decoded = decode(encode(original));
        assert.deepEqual(plain(decoded), plain(original));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("leaves out members that are undefined", () => {
    assert.deepEqual(decode(encode({ a: undefined, b: 1 })), { b: 1 });
  });

  test("gives a bigint only where no double holds the integer for sure", () => {
    const numbers = [
      0,
      1,
      255,
      256,
      65_536,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
      -1,
      -129,
      -(2 ** 40),
    ];
    const packed64 = hex(
      "9a cf0000000000000000 cf0000000000000001 cf00000000000000ff cf0000000000000100" +
        "cf0000000000010000 cf0000000100000000 cf001fffffffffffff d3ffffffffffffffff d3ffffffffffffff7f d3ffffff0000000000",
    );
    assert.deepEqual(decode(packed64), numbers);
    assert.deepEqual(decode(hex("92 cf0020000000000001 cf0000000000000007")), [
      9007199254740993n,
      7,
    ]);
    assert.equal(decode(hex("d3ffdfffffffffffff")), -9007199254740993n);
    assert.deepEqual(decode(encode({ a: [2n ** 64n - 1n, 5] })), { a: [2n ** 64n - 1n, 5] });
  });

  test("believes no announced length", () => {
    // The first made the decoder reserve 791 MB by itself.
    const lengths = [
      "dd 05f5e100",
      "dd ffffffff",
      "df ffffffff",
      "db ffffffff",
      "c6 ffffffff",
      "c9 ffffffff 01",
      "93 01 02",
      "82 a161 01",
    ];
    for (const bytes of lengths) assert.throws(() => decode(hex(bytes)), MessagePackError, bytes);
  });

  test("refuses bytes that are not exactly one value", () => {
    for (const bytes of ["", "c1", "01 02", "a2 61", "cf 00", "91", "80 80", "d9"]) {
      assert.throws(() => decode(hex(bytes)), MessagePackError, bytes);
    }
  });

  test("refuses text that is no UTF-8, in values and in names", () => {
    // Both are "ÿþ" to a decoder that does not look closely.
    assert.throws(() => decode(hex("a2 ff fe")), MessagePackError);
    assert.equal(decode(hex("a4 c3bf c3be")), "ÿþ");
    assert.throws(() => decode(hex("81 a2 fffe 01")), MessagePackError);
    assert.throws(() => decode(hex("a3 eda080")), MessagePackError);
  });

  test("refuses nesting without end, and names that no object can have", () => {
    const deep = new Uint8Array(1_000_000).fill(0x91);
    assert.throws(() => decode(deep), MessagePackError);
    assert.throws(() => decode(hex("81 a9 5f5f70726f746f5f5f 01")), MessagePackError);
    assert.throws(() => decode(hex("81 c0 01")), MessagePackError);
  });

  test("takes a value as deep as any input, with what lies around it", () => {
    let value: unknown = 1;
    for (let i = 0; i < 1_010; i++) value = [value];
    assert.deepEqual(decode(encode(value)), value);
  });

  test("fails in one way only, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(error instanceof MessagePackError);
        }
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });
});

function nameBigInt(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}

/** Without prototypes and the sign of zero, which integers do not have. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
