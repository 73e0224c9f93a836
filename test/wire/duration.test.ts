import fc from "fast-check";
import { DURATION_MS_MAX } from "../../src/core/limits.ts";
import {
  formatTime,
  parseDeadline,
  parseDuration,
  parseSince,
  parseTime,
} from "../../src/wire/duration.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_261_124;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("a duration is a number with a unit, ISO 8601, or bare seconds", () => {
  const cases: [string, number][] = [
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 2 * HOUR],
    ["7d", 7 * DAY],
    ["1.5h", 1.5 * HOUR],
    ["0", 0],
    ["0s", 0],
    ["10", 10_000],
    ["0.25", 250],
    ["1.005", 1_005],
    ["007", 7_000],
    ["2147483649ms", 2 ** 31 + 1],
    ["PT5S", 5_000],
    ["PT0.5S", 500],
    ["PT0,5S", 500],
    ["PT1H30M", 1.5 * HOUR],
    ["PT36H", 36 * HOUR],
    ["P1D", DAY],
    ["P1DT2H", 26 * HOUR],
    ["P0.5D", DAY / 2],
    ["P1DT2H3M4.5S", 26 * HOUR + 184_500],
    ["PT0S", 0],
    [`${DURATION_MS_MAX}ms`, DURATION_MS_MAX],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test("what is no duration of at most ten years is refused", () => {
  const refused = [
    ..."- -1s +5 5_ 5S 5M 5H 1w 1y s ms .5 5. 5.s 1e3 1e400 0x10 1_000 NaN Infinity ٣s 5m30s 5,5s"
      .split(" "),
    ..."P PT P1DT P1Y P1M P1W PT5S5S PT5M1H PT0.5H30M P0.5DT1H PT.5S PT5.S PT1.2.3S -PT5S pt5s P5"
      .split(" "),
    "",
    " ",
    "5 m",
    " 5m",
    "5m ",
    "5m\n",
    "9".repeat(30),
    `${2 ** 53 + 1}ms`,
    `${DURATION_MS_MAX + 1}ms`,
    `P${"9".repeat(10_000)}D`,
  ];
  for (const text of refused) assert.equal(parseDuration(text), null, JSON.stringify(text));
});

test("a duration means the same in every spelling", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: DURATION_MS_MAX }), (ms) => {
      const seconds = `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, "0")}`;
      for (const text of [`${ms}ms`, `${seconds}s`, seconds, `PT${seconds}S`]) {
        assert.equal(parseDuration(text), ms);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("any text at all is a whole duration within the bound or none", () => {
  const piece = fc.constantFrom(..."P T D H M S s m h d ms . , 0 1 9 99 - + e".split(" "), " ");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const ms = parseDuration(pieces.join(""));
      assert.ok(ms === null || (Number.isInteger(ms) && ms >= 0 && ms <= DURATION_MS_MAX));
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});

test("a time is RFC 3339 of any offset", () => {
  const cases: [string, number][] = [
    ["1970-01-01T00:00:00Z", 0],
    ["2026-11-24T10:14:00.123Z", Date.UTC(2026, 10, 24, 10, 14, 0, 123)],
    ["2026-11-24t10:14:00z", Date.UTC(2026, 10, 24, 10, 14)],
    ["2026-11-24T10:14:00.5+02:00", Date.UTC(2026, 10, 24, 8, 14, 0, 500)],
    ["2026-11-24T10:14:00-05:30", Date.UTC(2026, 10, 24, 15, 44)],
    ["2026-11-24T10:14:00.123999999Z", Date.UTC(2026, 10, 24, 10, 14, 0, 123)],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["0000-01-01T00:00:00Z", Date.parse("0000-01-01T00:00:00Z")],
    ["9999-12-31T23:59:59.999Z", Date.parse("9999-12-31T23:59:59.999Z")],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
    ["2017-01-01T00:59:60+01:00", Date.UTC(2017, 0, 1)],
  ];
  for (const [text, ms] of cases) assert.equal(parseTime(text), ms, text);
});

test("what is no RFC 3339 time, or no day of the calendar, is refused", () => {
  const refused = [
    "",
    "2026-11-24",
    "2026-11-24T10:14Z",
    "2026-11-24T10:14:00",
    "2026-11-24 10:14:00Z",
    "2026-11-24T10:14:00 02:00",
    "2026-11-24T10:14:00.Z",
    "2026-11-24T10:14:00+24:00",
    "2026-11-24T10:14:00+02:60",
    "2026-11-24T10:14:00+0200",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:61Z",
    "2026-01-01T12:00:60Z",
    "9999999-01-01T00:00:00Z",
    "+002026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z\n",
    "٢٠٢٦-01-01T00:00:00Z",
  ];
  for (const text of refused) assert.equal(parseTime(text), null, text);
});

test("a formatted time is parsed to the same millisecond", () => {
  assert.equal(formatTime(0), "1970-01-01T00:00:00.000Z");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
      assert.equal(parseTime(formatTime(ms)), ms);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("since goes back and a deadline goes on, and both take a time", () => {
  const now = Date.UTC(2026, 10, 24);
  assert.equal(parseSince("1h", now), now - HOUR);
  assert.equal(parseDeadline("1h", now), now + HOUR);
  assert.equal(parseSince("PT0S", now), now);
  const time = "2026-11-23T00:00:00Z";
  assert.equal(parseSince(time, now), now - DAY);
  assert.equal(parseDeadline(time, now), now - DAY);
  assert.equal(parseSince("yesterday", now), null);
  assert.equal(parseDeadline("2026-11-23", now), null);
});

test("no moment before 1970 is handed on", () => {
  assert.equal(parseSince("0000-01-01T00:00:00Z", 5), 0);
  assert.equal(parseDeadline("1969-12-31T23:59:59Z", 5), 0);
  assert.equal(parseSince("7d", 5), 0);
});
