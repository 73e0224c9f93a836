import { isRefusal } from "../../src/core/problem.ts";
import {
  BATCH_PARAMETERS,
  JOB_PARAMETERS,
  type JobOptions,
  parseBatchOptions,
  parseJobOptions,
  parsePriority,
} from "../../src/wire/job-options.ts";
import { assert, test } from "../harness/test.ts";

const NOW = Date.UTC(2026, 10, 24);

function options(query: string): JobOptions {
  const parsed = parseJobOptions(new URLSearchParams(query), NOW);
  assert.ok(!isRefusal(parsed), query);
  return parsed;
}

const NOTHING: JobOptions = {
  priority: null,
  queue: null,
  ttlMs: null,
  timeoutMs: null,
  attempts: null,
  delayMs: null,
  deadline: null,
  maxAgeMs: null,
  onlyStored: null,
  tags: [],
  key: null,
  onDisconnect: null,
  owner: null,
};

test("a post without a query asks for nothing", () => {
  assert.deepEqual(options(""), NOTHING);
});

test("a post with every option has every value", () => {
  const query =
    "priority=high&queue=sheet%201&ttl=2h&timeout=PT30S&attempts=1&delay=250ms&deadline=1h" +
    "&maxAge=0&onlyStored=true&tag=prices:2026-11-24&tag=curves&key=a%20b&onDisconnect=cancel" +
    "&owner=alice";
  assert.deepEqual(options(query), {
    priority: 8,
    queue: "sheet 1",
    ttlMs: 7_200_000,
    timeoutMs: 30_000,
    attempts: 1,
    delayMs: 250,
    deadline: NOW + 3_600_000,
    maxAgeMs: 0,
    onlyStored: true,
    tags: ["prices:2026-11-24", "curves"],
    key: "a b",
    onDisconnect: "cancel",
    owner: "alice",
  });
});

test("one option leaves the others unsaid", () => {
  assert.deepEqual(options("ttl=5"), { ...NOTHING, ttlMs: 5_000 });
});

test("a priority is 0 to 9 or one of three names", () => {
  for (let class_ = 0; class_ <= 9; class_++) assert.equal(parsePriority(String(class_)), class_);
  assert.deepEqual(["background", "normal", "high"].map(parsePriority), [2, 5, 8]);
  for (const text of ["-1", "10", "5.5", "05", "", " 5", "high ", "High", "constructor", "٣"]) {
    assert.equal(parsePriority(text), null, text);
  }
});

test("a malformed, repeated or unknown option is refused by name", () => {
  const refused = [
    "priority=10",
    "attempts=0",
    "attempts=1e9",
    "attempts=1001",
    "ttl=-1",
    "ttl=P1Y",
    "ttl=4000d",
    "timeout=1e400",
    "delay=5%20m",
    "deadline=tomorrow",
    "maxAge=",
    "onlyStored=yes",
    "tag=",
    "tag=a%20b",
    "key=",
    `key=${"k".repeat(513)}`,
    "onDisconnect=abort",
    "owner=%00",
    "queue=",
  ];
  for (const query of refused) {
    const refusal = parseJobOptions(new URLSearchParams(query), NOW);
    assert.ok(isRefusal(refusal), query);
    assert.equal(refusal.parameter, query.slice(0, query.indexOf("=")));
  }
  for (const query of ["ttl=1&ttl=1", "key=a&key=b"]) {
    assert.ok(isRefusal(parseJobOptions(new URLSearchParams(query), NOW)), query);
  }
  for (const query of ["wait=1", "failFast=true", "Priority=5", "__proto__=1"]) {
    assert.ok(isRefusal(parseJobOptions(new URLSearchParams(query), NOW)), query);
  }
});

test("a job may have sixteen tags and a key of 512 bytes", () => {
  const tags = Array.from({ length: 16 }, (_, i) => `tag=t${i}`);
  assert.equal(options(tags.join("&")).tags.length, 16);
  assert.ok(isRefusal(parseJobOptions(new URLSearchParams([...tags, "tag=t16"].join("&")), NOW)));
  assert.equal(options(`key=${"k".repeat(512)}`).key?.length, 512);
  assert.equal(options("key=a%00b").key, "a\0b");
});

test("a batch has the options of its children and its own, but not onlyStored", () => {
  const batch = parseBatchOptions(new URLSearchParams("failFast=true&ttl=1h"), NOW);
  assert.deepEqual(batch, { ...NOTHING, ttlMs: 3_600_000, failFast: true });
  const bare = parseBatchOptions(new URLSearchParams(), NOW);
  assert.deepEqual(bare, { ...NOTHING, failFast: null });
  const refusal = parseBatchOptions(new URLSearchParams("onlyStored=false"), NOW);
  assert.ok(isRefusal(refusal) && refusal.parameter === "onlyStored");
});

test("every example in the description of a parameter is understood", () => {
  for (const parameters of [JOB_PARAMETERS, BATCH_PARAMETERS]) {
    for (const [name, parameter] of Object.entries(parameters)) {
      assert.ok(parameter.description.length > 0 && parameter.wanted.length > 0, name);
      const examples = "examples" in parameter.schema ? parameter.schema.examples as string[] : [];
      for (const example of examples) assert.notEqual(parameter.read(example, NOW), null, example);
    }
  }
});
