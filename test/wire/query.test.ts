import { isRefusal } from "../../src/core/problem.ts";
import {
  anyText,
  count,
  deadline,
  duration,
  flag,
  many,
  name,
  type Parameters,
  parsed,
  queueName,
  readQuery,
  sequence,
  since,
  word,
} from "../../src/wire/query.ts";
import { assert, test } from "../harness/test.ts";

const NOW = Date.UTC(2026, 10, 24);

const PARAMETERS = {
  wait: duration("How long to wait"),
  from: sequence("First item"),
  limit: count("Most rows", { min: 1, max: 1_000 }),
  order: word("Order", ["newest", "oldest"]),
  all: flag("All of them"),
  owner: many(name("Owners"), 2),
  queue: queueName("A queue"),
  since: since("Youngest"),
  deadline: deadline("Until"),
  text: anyText("Any text", 8),
  id: parsed("Upper case", "upper case", (text) => text === text.toUpperCase() ? text : null),
};

function read(query: string, parameters: Parameters = PARAMETERS) {
  return readQuery(new URLSearchParams(query), parameters, NOW);
}

test("a query that gives nothing reads as null and empty lists", () => {
  assert.deepEqual(read(""), {
    wait: null,
    from: null,
    limit: null,
    order: null,
    all: null,
    owner: [],
    queue: null,
    since: null,
    deadline: null,
    text: null,
    id: null,
  });
});

test("every kind of parameter has its value", () => {
  const query = readQuery(
    new URLSearchParams(
      "wait=2s&from=0&limit=1000&order=oldest&all=false&owner=a&owner=b&owner=a" +
        "&queue=night%20run&since=1s&deadline=1s&text=%C3%A4&id=X",
    ),
    PARAMETERS,
    NOW,
  );
  assert.deepEqual(query, {
    wait: 2_000,
    from: 0,
    limit: 1_000,
    order: "oldest",
    all: false,
    owner: ["a", "b"],
    queue: "night run",
    since: NOW - 1_000,
    deadline: NOW + 1_000,
    text: "ä",
    id: "X",
  });
});

test("a refusal names the parameter that is unknown, malformed or given too often", () => {
  const refused: [string, string][] = [
    ["nonsense=1", "nonsense"],
    ["__proto__=1", "__proto__"],
    ["constructor=1", "constructor"],
    ["owner[]=a", "owner[]"],
    ["Wait=1", "Wait"],
    ["=1", ""],
    ["wait=5%20m", "wait"],
    ["wait=", "wait"],
    ["wait=1&wait=1", "wait"],
    ["from=-1", "from"],
    ["from=9007199254740992", "from"],
    ["from=99999999999999999999", "from"],
    ["from=1.5", "from"],
    ["from=+1", "from"],
    ["from=", "from"],
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=1e2", "limit"],
    ["order=Newest", "order"],
    ["all=1", "all"],
    ["all=TRUE", "all"],
    ["owner=", "owner"],
    ["owner=a%00", "owner"],
    ["owner=a&owner=b&owner=c", "owner"],
    ["queue=%20x", "queue"],
    ["since=x", "since"],
    ["text=", "text"],
    ["text=123456789", "text"],
    ["text=%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4", "text"],
    ["text=%ff", "text"],
    ["id=x", "id"],
  ];
  for (const [query, parameter] of refused) {
    const refusal = read(query);
    assert.ok(isRefusal(refusal), query);
    assert.equal(refusal.refused, "invalid-parameter");
    assert.equal(refusal.parameter, parameter, query);
    assert.ok(!/[.\n]$/.test(refusal.detail));
  }
});

test("a refusal repeats only the beginning of a long text", () => {
  for (const query of [`wait=${"x".repeat(8_000)}`, `${"x".repeat(8_000)}=1`]) {
    const refusal = read(query);
    assert.ok(isRefusal(refusal) && refusal.detail.length < 400);
  }
});

test("a call without parameters refuses any", () => {
  assert.deepEqual(read("", {}), {});
  assert.ok(isRefusal(read("a=1", {})));
});

test("a thousand parameters are refused at the first that is wrong", () => {
  const refusal = read(Array.from({ length: 1_000 }, (_, i) => `owner=o${i}`).join("&"));
  assert.ok(isRefusal(refusal) && refusal.parameter === "owner");
});
