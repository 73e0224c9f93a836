import { logger, type LogLevel } from "../../src/cli/log.ts";
import { Output } from "../../src/cli/output.ts";
import { assert, test } from "../harness/test.ts";
import { fakeRuntime } from "./fake-runtime.ts";

function lines(log: "text" | "json" | "none", level: LogLevel = "info") {
  const runtime = fakeRuntime();
  const clock = { now: () => ({ wall: 1_000, mono: 0 }), timer: () => () => {} };
  const write = logger({ out: new Output(runtime), clock }, { log, "log-level": level });
  write({ level: "debug", message: "Small" });
  write({ level: "warn", message: "Odd\n", worker: "w 1", count: 2n, path: "/x" });
  write({ level: "error", message: "Bad", error: new Error("boom") });
  return runtime.stderr().split("\n").slice(0, -1);
}

test("a text log has one line a record, with its details and no control characters", () => {
  const [odd, bad, ...rest] = lines("text");
  assert.equal(odd, '1970-01-01T00:00:01.000Z warn  Odd␊ worker="w 1" count="2" path=/x');
  assert.match(bad!, /^1970-01-01T00:00:01.000Z error Bad error=".*boom/);
  assert.deepEqual(rest, []);
});

test("a JSON log has one document a line", () => {
  const [odd, bad] = lines("json").map((line) => JSON.parse(line));
  const time = "1970-01-01T00:00:01.000Z";
  assert.deepEqual(odd, {
    time,
    level: "warn",
    message: "Odd\n",
    worker: "w 1",
    count: "2",
    path: "/x",
  });
  assert.match(bad.error, /boom/);
});

test("what is below the level is left out, and nothing is logged if none is wanted", () => {
  assert.equal(lines("text", "debug").length, 3);
  assert.equal(lines("text", "error").length, 1);
  assert.deepEqual(lines("none"), []);
});
