import fc from "fast-check";
import { ByteWriter } from "../../src/wire/byte-writer.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_261_124;

test("a writer gathers texts and bytes in their order", () => {
  const piece = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.uint8Array(),
    fc.constant("x".repeat(3_000)),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const out = new ByteWriter();
      let length = 0;
      for (const p of pieces) {
        if (typeof p === "string") out.text(p);
        else out.bytes(p);
        length += Buffer.from(p).length;
        assert.equal(out.length, length);
      }
      assert.deepEqual(Buffer.from(out.take()), Buffer.concat(pieces.map((p) => Buffer.from(p))));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("a chunk that was taken is not written to again", () => {
  const out = new ByteWriter();
  out.text("first");
  const first = out.take();
  out.text("other");
  assert.equal(out.length, 5);
  assert.equal(new TextDecoder().decode(first), "first");
  assert.equal(new TextDecoder().decode(out.take()), "other");
  assert.equal(out.take().length, 0);
});

test("JSON text on several lines becomes one line that means the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("\n", "\r\n", "\r"), (value, lineBreak) => {
      const out = new ByteWriter();
      out.text("x");
      const pretty = JSON.stringify(value, null, 2).replaceAll("\n", lineBreak);
      out.jsonLine(new TextEncoder().encode(pretty));
      const text = new TextDecoder().decode(out.take()).slice(1);
      assert.doesNotMatch(text, /[\r\n]/);
      assert.deepEqual(JSON.parse(text), JSON.parse(pretty));
    }),
    { seed: SEED, numRuns: 300 },
  );
});
