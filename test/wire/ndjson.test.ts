import fc from "fast-check";
import { isRefusal, type Refusal } from "../../src/core/problem.ts";
import { type Line, LineSplitter } from "../../src/wire/ndjson.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_261_124;

/** The lines of chunks that are all short enough, as `number:text`. */
function linesOf(chunks: readonly (string | Uint8Array)[], bytesMax = 100): string[] {
  const splitter = new LineSplitter(bytesMax);
  const lines: Line[] = [];
  for (const chunk of chunks) {
    const pushed = splitter.push(
      typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk,
    );
    assert.ok(!isRefusal(pushed));
    lines.push(...pushed);
  }
  const last = splitter.finish();
  assert.ok(!isRefusal(last));
  if (last !== null) lines.push(last);
  return lines.map(({ number, bytes }) => `${number}:${new TextDecoder().decode(bytes)}`);
}

function firstRefusal(chunks: readonly string[], bytesMax: number): Refusal | null {
  const splitter = new LineSplitter(bytesMax);
  for (const chunk of chunks) {
    const pushed = splitter.push(new TextEncoder().encode(chunk));
    if (isRefusal(pushed)) return pushed;
  }
  const last = splitter.finish();
  return isRefusal(last) ? last : null;
}

test("lines end in LF or CRLF, and the last one need not", () => {
  assert.deepEqual(linesOf(["a\nb\r\nc"]), ["1:a", "2:b", "3:c"]);
  assert.deepEqual(linesOf(["a\n"]), ["1:a"]);
  assert.deepEqual(linesOf([]), []);
  assert.deepEqual(linesOf(["c\r"]), ["1:c"]);
});

test("blank lines count as nothing but have a number", () => {
  assert.deepEqual(linesOf(["\n \t\r\n\r\na\n\n\nb\n "]), ["4:a", "7:b"]);
});

test("a byte order mark is skipped at the beginning only", () => {
  assert.deepEqual(linesOf(["\ufeffa\n"]), ["1:a"]);
  assert.deepEqual(linesOf(["\ufeff\na\n"]), ["2:a"]);
  assert.deepEqual(linesOf([Uint8Array.of(0xef), Uint8Array.of(0xbb), Uint8Array.of(0xbf, 0x61)]), [
    "1:a",
  ]);
});

test("lines are the same however the bytes are cut into chunks", () => {
  const text = fc.array(fc.constantFrom("a", "é", "\n", "\r\n", " ", "{}"), { maxLength: 40 });
  const cuts = fc.array(fc.nat(60), { maxLength: 6 });
  fc.assert(
    fc.property(text, cuts, (pieces, cutsAt) => {
      const bytes = new TextEncoder().encode(pieces.join(""));
      const places = [
        0,
        ...cutsAt.filter((c) => c < bytes.length).sort((a, b) => a - b),
        bytes.length,
      ];
      const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
      const wanted = pieces.join("").split(/\r?\n/).map((line, i) => `${i + 1}:${line}`);
      assert.deepEqual(linesOf(chunks), wanted.filter((line) => !/^\d+:\s*$/.test(line)));
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

test("a line may have exactly the most bytes, whatever ends it", () => {
  for (
    const chunks of [["12345\n"], ["12345\r\n"], ["123", "45\r", "\n"], ["12345"], ["12345\r"]]
  ) {
    assert.deepEqual(linesOf(chunks, 5), [chunks.length === 3 ? "1:12345" : "1:12345"]);
    assert.equal(firstRefusal(["a\n", ...chunks], 5), null);
  }
});

test("a longer line is refused by its number as soon as that is known", () => {
  for (
    const chunks of [["123456\n"], ["123456"], ["123", "456", "\n"], ["1234567"], ["123456\r\n"], [
      ..."123456",
    ]]
  ) {
    const refusal = firstRefusal(["a\n\n", ...chunks], 5);
    assert.equal(refusal?.refused, "input-too-large");
    assert.deepEqual(refusal?.extras, { line: 3 });
  }
  assert.equal(firstRefusal(["1234567", "never read"], 5)?.extras?.line, 1);
});

test("a line that comes byte by byte is held as one piece", () => {
  const splitter = new LineSplitter(1_000_000);
  for (let i = 0; i < 100_000; i++) assert.deepEqual(splitter.push(Uint8Array.of(0x61)), []);
  const last = splitter.finish();
  assert.ok(last !== null && !isRefusal(last) && last.bytes.length === 100_000);
});
