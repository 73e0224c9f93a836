import { type ProblemCode, refuse } from "../../src/core/problem.ts";
import type { JobError, Reason } from "../../src/core/terms.ts";
import {
  isProblemCode,
  jobProblem,
  problemDocument,
  problemResponse,
  PROBLEMS,
  refusalOf,
} from "../../src/wire/problem.ts";
import { assert, test } from "../harness/test.ts";

const PLACE = { base: "/hearty", instance: "/hearty/jobs/price" };
const REFUSAL = refuse("invalid-input", {
  detail: 'Cannot post to kind "price": it has 1 fault',
  errors: [{ path: ["legs", 0, "rate"], message: "wanted a number" }],
  extras: { kind: "price" },
});

test("a problem document has every member of RFC 9457 and the refusal's own", () => {
  assert.deepEqual(problemDocument(REFUSAL, PLACE), {
    kind: "price",
    type: "/hearty/problems/invalid-input",
    title: "The input is not valid",
    status: 422,
    detail: 'Cannot post to kind "price": it has 1 fault',
    instance: "/hearty/jobs/price",
    errors: [{ path: ["legs", 0, "rate"], message: "wanted a number" }],
  });
});

test("a document names the parameter, and only if there is one", () => {
  const named = problemDocument(
    refuse("invalid-parameter", { detail: "x", parameter: "ttl" }),
    PLACE,
  );
  assert.equal(named.parameter, "ttl");
  assert.deepEqual(
    Object.keys(problemDocument(refuse("not-found", { detail: "x" }), PLACE)),
    ["type", "title", "status", "detail", "instance"],
  );
});

test("an extra never takes the place of a member that has a meaning", () => {
  const document = problemDocument(
    refuse("not-found", { detail: "x", extras: { status: 200, type: "y", detail: "z" } }),
    PLACE,
  );
  assert.equal(document.status, 404);
  assert.equal(document.detail, "x");
  assert.equal(document.type, "/hearty/problems/not-found");
});

test("a problem is answered with its status and type", async () => {
  const response = problemResponse(REFUSAL, PLACE);
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.equal(response.headers.get("Retry-After"), null);
  assert.deepEqual(await response.json(), problemDocument(REFUSAL, PLACE));
});

test("Retry-After is in whole seconds, rounded up, and at least one", () => {
  const cases = [[0, "1"], [1, "1"], [1_000, "1"], [1_001, "2"], [59_500, "60"]] as const;
  for (const [retryMs, seconds] of cases) {
    const response = problemResponse(refuse("queue-full", { detail: "x", retryMs }), PLACE);
    assert.equal(response.headers.get("Retry-After"), seconds);
  }
});

test("a rejected promise is a 424 that carries its error", () => {
  const names: [Reason, ProblemCode][] = [
    ["failed", "job-failed"],
    ["cancelled", "job-cancelled"],
    ["timed-out", "job-timed-out"],
    ["lost", "job-lost"],
  ];
  for (const [reason, code] of names) {
    const error: JobError = {
      reason,
      name: "BadCurve",
      message: "No rate for 2031",
      retryable: false,
      detail: '{"year":2031}',
    };
    const document = problemDocument(jobProblem(error), PLACE);
    assert.equal(document.type, `/hearty/problems/${code}`);
    assert.equal(document.status, 424);
    assert.equal(document.detail, "No rate for 2031");
    assert.deepEqual(document.error, { ...error, detail: { year: 2031 } });
  }
});

test("a client reads from the answer the refusal that the server made", async () => {
  const refusals = [
    REFUSAL,
    refuse("queue-full", { detail: "x", retryMs: 2_000 }),
    refuse("invalid-parameter", { detail: "x", parameter: "ttl" }),
    refuse("not-found", { detail: "x" }),
  ];
  for (const base of ["", "/hearty", "https://jobs.example/hearty"]) {
    for (const refusal of refusals) {
      const response = problemResponse(refusal, { base, instance: "/x" });
      const read = refusalOf(await response.json(), response.headers.get("Retry-After"));
      assert.deepEqual(read, refusal);
    }
  }
});

test("what is no problem document of ours is no refusal", () => {
  const others = [null, 5, "x", [], {}, { type: 5 }, { type: "about:blank" }, {
    type: "/problems/x",
  }];
  for (const document of [...others, { type: "/problems/__proto__" }, { type: "/problems/" }]) {
    assert.equal(refusalOf(document), null);
  }
});

test("members of the wrong type are left out", () => {
  const document = {
    type: "/problems/invalid-input",
    detail: 5,
    parameter: {},
    errors: [null, { path: "x", message: "y" }, { path: [{}], message: "y" }, {
      path: [],
      message: "y",
    }],
  };
  assert.deepEqual(refusalOf(document, "Tue, 24 Nov 2026 10:00:00 GMT"), {
    refused: "invalid-input",
    detail: "The input is not valid",
    errors: [{ path: [], message: "y" }],
  });
});

test("every code has an error status and a title without a final stop", () => {
  for (const [code, [status, title]] of Object.entries(PROBLEMS)) {
    assert.ok(isProblemCode(code) && /^[a-z-]+$/.test(code));
    assert.ok(status >= 400 && status < 600, code);
    assert.match(title, /^[A-Z].*[^.]$/);
  }
  assert.ok(!isProblemCode("constructor"));
});
