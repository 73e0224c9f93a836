import fc from "fast-check";
import { parseList, Token } from "structured-headers";
import { isRefusal } from "../../src/core/problem.ts";
import type { Sharing } from "../../src/core/terms.ts";
import {
  cacheStatus,
  etagMatches,
  ifRangeHolds,
  parseLastEventId,
  parsePrefer,
  parseRange,
  splitList,
} from "../../src/wire/headers.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_261_124;

function prefer(...lines: string[]) {
  const headers = new Headers();
  for (const line of lines) headers.append("Prefer", line);
  return parsePrefer(headers);
}

test("without Prefer a client prefers nothing", () => {
  assert.deepEqual(prefer(), { waitMs: null, respondAsync: false });
});

test("wait and respond-async are read from lists, lines and with parameters", () => {
  assert.deepEqual(prefer("wait=10"), { waitMs: 10_000, respondAsync: false });
  assert.deepEqual(prefer("respond-async, wait=5"), { waitMs: 5_000, respondAsync: true });
  assert.deepEqual(prefer("Wait = 5", "RESPOND-ASYNC"), { waitMs: 5_000, respondAsync: true });
  assert.deepEqual(prefer('wait="7"; x=1, foo; bar'), { waitMs: 7_000, respondAsync: false });
  assert.deepEqual(prefer('foo="a, wait=1", wait=0'), { waitMs: 0, respondAsync: false });
  assert.deepEqual(prefer('respond-async=""'), { waitMs: null, respondAsync: true });
});

test("of two waits the first counts, and a huge one is bounded", () => {
  assert.equal(prefer("wait=1, wait=2").waitMs, 1_000);
  assert.equal(prefer("wait=1", "wait=2").waitMs, 1_000);
  assert.ok(Number.isSafeInteger(prefer(`wait=${"9".repeat(400)}`).waitMs));
});

test("a malformed preference is ignored", () => {
  for (
    const line of [
      "wait=-1",
      "wait=1e99",
      "wait=text",
      "wait=1.5",
      "wait",
      "wait=",
      "=5",
      'wait="5',
      ";",
      "wait 5",
    ]
  ) {
    assert.deepEqual(prefer(line), { waitMs: null, respondAsync: false }, line);
    assert.equal(prefer(`wait=3, ${line}`).waitMs, 3_000, line);
  }
  assert.equal(prefer("respond-async=no").respondAsync, false);
});

test("a list is cut at separators outside quotes", () => {
  assert.deepEqual(splitList(' a , "b,c" ,, d="\\",", e', ","), ["a", '"b,c"', 'd="\\","', "e"]);
  assert.deepEqual(splitList('a;b="x;y" ; c', ";"), ["a", 'b="x;y"', "c"]);
  assert.deepEqual(splitList('a, "open, b', ","), ["a", '"open, b']);
  assert.deepEqual(splitList('a, "open\\', ","), ["a", '"open\\']);
  assert.deepEqual(splitList("", ","), []);
});

test("Cache-Status is a structured list that says how the promise was shared", () => {
  const cases: [Sharing, number | null, string, [string, unknown][]][] = [
    ["reused", 3_599.9, "hearty; hit; ttl=3599", [["hit", true], ["ttl", 3_599]]],
    ["reused", null, "hearty; hit", [["hit", true]]],
    ["joined", null, "hearty; fwd=miss; collapsed", [["fwd", new Token("miss")], [
      "collapsed",
      true,
    ]]],
    ["created", null, "hearty; fwd=miss; stored", [["fwd", new Token("miss")], ["stored", true]]],
    ["stale", null, "hearty; fwd=stale; stored", [["fwd", new Token("stale")], ["stored", true]]],
  ];
  for (const [sharing, ttlSeconds, text, parameters] of cases) {
    assert.equal(cacheStatus(sharing, ttlSeconds), text);
    const list = parseList(text);
    assert.equal(list.length, 1);
    assert.equal(String(list[0]![0]), "hearty");
    const parsed = [...list[0]![1]].map(([name, value]) => [name, String(value)]);
    assert.deepEqual(parsed, parameters.map(([name, value]) => [name, String(value)]));
  }
});

test("an ETag is found in a list, by weak or strong comparison", () => {
  const weakly: [string, string][] = [
    ['"a"', '"a"'],
    ['W/"a"', '"a"'],
    ['"a"', 'W/"a"'],
    ['"x", W/"a" ,"y"', '"a"'],
    ['"a,b"', '"a,b"'],
    ["*", '"a"'],
    [" * ", '"a"'],
    ['""', '""'],
  ];
  for (const [header, etag] of weakly) assert.ok(etagMatches(header, etag, "weak"), header);
  for (const header of ['"b"', "a", '"A"', "", 'w/"b"', '"a', '"b", *', '"*"']) {
    assert.ok(!etagMatches(header, '"a"', "weak"), header);
  }
  assert.ok(etagMatches('"x", "r3"', '"r3"', "strong"));
  assert.ok(etagMatches("*", '"r3"', "strong"));
  assert.ok(!etagMatches('W/"r3"', '"r3"', "strong"));
  assert.ok(!etagMatches('W/"r3"', 'W/"r3"', "strong"));
  assert.ok(!etagMatches("r3", '"r3"', "strong"));
});

test("a header of 64 KiB is compared in no time", () => {
  for (const piece of ['"', ",", 'W/"', "W/", '"a",', " ,\t"]) {
    assert.ok(!etagMatches(piece.repeat(65_536 / piece.length), '"zz"', "weak"));
    assert.notEqual(
      parseRange(`bytes=${piece.repeat(65_536 / piece.length)}0-1,`, 9),
      "unsatisfiable",
    );
    assert.equal(prefer(piece.trim().repeat(20_000)).waitMs, null);
  }
});

test("one range of bytes is cut to the size", () => {
  const cases: [string, number, { start: number; end: number }][] = [
    ["bytes=0-0", 10, { start: 0, end: 0 }],
    ["bytes=2-5", 10, { start: 2, end: 5 }],
    ["bytes=2-", 10, { start: 2, end: 9 }],
    ["bytes=2-99", 10, { start: 2, end: 9 }],
    [`bytes=9-${"9".repeat(400)}`, 10, { start: 9, end: 9 }],
    ["bytes=-3", 10, { start: 7, end: 9 }],
    ["bytes=-99", 10, { start: 0, end: 9 }],
    [`bytes=-${"9".repeat(400)}`, 10, { start: 0, end: 9 }],
    ["Bytes= 1-2 ,", 10, { start: 1, end: 2 }],
  ];
  for (const [header, size, range] of cases) {
    assert.deepEqual(parseRange(header, size), range, header);
  }
});

test("a range beyond the end cannot be satisfied", () => {
  for (const header of ["bytes=10-", "bytes=10-20", `bytes=${"9".repeat(400)}-`, "bytes=-0"]) {
    assert.equal(parseRange(header, 10), "unsatisfiable", header);
  }
  assert.equal(parseRange("bytes=0-", 0), "unsatisfiable");
});

test("a range that is malformed, multiple or of another unit is ignored", () => {
  for (
    const header of [
      null,
      "",
      "bytes",
      "bytes=",
      "bytes=-",
      "bytes=5-2",
      "bytes=0-1,3-4",
      "bytes=a-b",
      "bytes=+1-2",
      "bytes=0x1-2",
      "bytes=1-2-3",
      "bytes=1 - 2",
      "bytes =1-2",
      "items=0-1",
      "bytes=1.5-2",
      `bytes=${"0-1,".repeat(1_000)}5-6`,
    ]
  ) assert.equal(parseRange(header, 10), null, String(header));
  assert.equal(parseRange("bytes=-5", 0), null);
});

test("a satisfiable range lies within the body", () => {
  const end = fc.oneof(
    fc.constant(""),
    fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
    fc.nat(20).map(String),
  );
  fc.assert(
    fc.property(end, end, fc.nat(20), (first, last, size) => {
      const range = parseRange(`bytes=${first}-${last}`, size);
      if (range === null || range === "unsatisfiable") return;
      assert.ok(0 <= range.start && range.start <= range.end && range.end < size);
      if (first !== "") assert.equal(range.start, Number(first));
    }),
    { seed: SEED, numRuns: 1_000 },
  );
});

test("If-Range holds without the header or with the strong ETag, never with a date", () => {
  assert.ok(ifRangeHolds(null, '"a"'));
  assert.ok(ifRangeHolds('"a"', '"a"'));
  for (const header of ['"b"', 'W/"a"', "a", "Tue, 24 Nov 2026 10:00:00 GMT", ""]) {
    assert.ok(!ifRangeHolds(header, '"a"'), header);
  }
  assert.ok(!ifRangeHolds('W/"a"', 'W/"a"'));
});

test("Last-Event-ID is the number of an item or the end", () => {
  assert.equal(parseLastEventId(null), null);
  assert.equal(parseLastEventId("end"), "end");
  assert.deepEqual(parseLastEventId("0"), { seq: 0 });
  assert.deepEqual(parseLastEventId("17"), { seq: 17 });
  for (
    const header of [
      "",
      "1e9",
      "-1",
      "+1",
      "1.0",
      "End",
      "1, 2",
      "9007199254740992",
      "1\u00e4",
      " 1",
    ]
  ) {
    const refusal = parseLastEventId(header);
    assert.ok(isRefusal(refusal), header);
    assert.equal(refusal.parameter, "Last-Event-ID");
  }
});
