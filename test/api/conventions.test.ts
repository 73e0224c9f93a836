// What holds for every path: problems, parameters, ids, methods.

import { defineJob } from "../../src/intake/define-job.ts";
import { sleep } from "../../src/base/clock.ts";
import { problemPage } from "../../src/wire/problem-pages.ts";
import { PROBLEMS } from "../../src/wire/problem.ts";
import { assert, test } from "../harness/test.ts";
import { type Api, api, problemOf } from "./api.ts";

const NO_ID = "01935e4c-0000-7000-8000-000000000000";

/** Every path, with a promise's id in it where there is one, and its methods. */
function pathsOf(id: string): Record<string, readonly string[]> {
  return {
    "/": ["GET"],
    "/healthz": ["GET"],
    "/readyz": ["GET"],
    "/problems/not-found": ["GET"],
    "/session": ["GET", "POST", "DELETE"],
    "/jobs": ["GET"],
    [`/jobs/${id}`]: ["GET", "POST", "DELETE"],
    "/kinds": ["GET"],
    "/workers": ["GET"],
    [`/promises/${id}`]: ["GET", "PATCH", "DELETE"],
    [`/promises/${id}/result`]: ["GET"],
    [`/promises/${id}/events`]: ["GET"],
    [`/promises/${id}/input`]: ["GET"],
  };
}

test("HEAD is answered wherever GET is: the same head, with the length, and no body", async () => {
  await using server = await api();
  const id = await server.value("v");
  for (const path of Object.keys(pathsOf(id))) {
    const got = await server.get(path);
    const head = await server.send(path, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""], path);
    for (const name of ["content-type", "etag", "cache-control", "vary", "hearty-promise"]) {
      assert.equal(head.headers.get(name), got.headers.get(name), `${path} ${name}`);
    }
    if (path.endsWith("/events")) assert.equal(head.headers.get("content-length"), null);
    else {
      const { length } = await got.bytes();
      assert.equal(head.headers.get("content-length"), String(length), path);
    }
  }
  for (const path of ["/nowhere", `/promises/${NO_ID}`]) {
    const length = (await (await server.get(path)).text()).length;
    const head = await server.send(path, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length")], [404, String(length)]);
  }
});

test("a method that a path has not is 405 and names those that it has", async () => {
  await using server = await api();
  const id = await server.value("v");
  for (const [path, methods] of Object.entries(pathsOf(id))) {
    const allowed = [...methods, "HEAD", "OPTIONS"].sort();
    for (const method of ["GET", "POST", "PATCH", "DELETE", "PUT"]) {
      if (methods.includes(method)) continue;
      const response = await server.send(path, { method });
      assert.deepEqual(response.headers.get("allow")!.split(", ").sort(), allowed, path);
      await problemOf(response, 405, "method-not-allowed");
    }
  }
});

test("OPTIONS is answered everywhere", async () => {
  await using server = await api();
  for (const path of Object.keys(pathsOf(NO_ID))) {
    const response = await server.send(path, { method: "OPTIONS" });
    assert.equal(response.status, 204, path);
    assert.match(response.headers.get("allow")!, /GET, HEAD, POST/);
  }
});

test("an unknown query parameter is 400 that names it, everywhere but on the page", async () => {
  await using server = await api();
  const id = await server.value("v");
  for (const [path, methods] of Object.entries(pathsOf(id))) {
    for (const method of path === "/" ? [] : methods) {
      const response = await server.send(`${path}?nonsense=1`, { method });
      const { parameter, detail } = await problemOf(response, 400, "invalid-parameter");
      assert.equal(parameter, "nonsense", `${method} ${path}`);
      assert.ok(detail.includes('"nonsense"'), detail);
    }
  }
});

test("malformed durations, numbers and cursors are 400 that names the parameter", async () => {
  await using server = await api();
  const id = await server.value("v");
  const queries: [path: string, query: string][] = [
    ["/jobs", "limit=0"],
    ["/jobs", "limit=1001"],
    ["/jobs", "limit=1.5"],
    ["/jobs", "cursor=x"],
    ["/jobs", "since=yesterday"],
    ["/jobs", "state=nonsense"],
    ["/jobs", "phase=nonsense"],
    ["/jobs", "order=upwards"],
    ["/jobs", "kind=a%20b"],
    ["/jobs", "text="],
    ["/kinds", "limit=0"],
    ["/kinds", "cursor=a%20b"],
    ["/workers", "limit=x"],
    ["/workers", "cursor=a%20b"],
    [`/promises/${id}`, "wait=soon"],
    [`/promises/${id}`, "wait=P1Y"],
    [`/promises/${id}/result`, "wait=-1"],
    [`/promises/${id}/result`, "from=-1"],
    [`/promises/${id}/result`, "from=1&from=2"],
    [`/promises/${id}/events`, "from=x"],
  ];
  for (const [path, query] of queries) {
    const response = await server.get(`${path}?${query}`);
    const { parameter } = await problemOf(response, 400, "invalid-parameter");
    assert.equal(parameter, query.slice(0, query.indexOf("=")), query);
  }
});

test("a malformed id is 400, an unknown one 404", async () => {
  await using server = await api();
  for (const tail of ["", "/result", "/events", "/input"]) {
    for (const id of ["x", "0", `${NO_ID}0`, "01935e4c-0000-4000-8000-000000000000"]) {
      const response = await server.get(`/promises/${id}${tail}`);
      assert.equal((await problemOf(response, 400, "invalid-parameter")).parameter, "id");
    }
    await problemOf(await server.get(`/promises/${NO_ID}${tail}`), 404, "not-found");
  }
  await problemOf(await server.get(`/jobs/${NO_ID}`), 404, "not-found");
});

test("a path that is not there is 404, and so is one outside of the base path", async () => {
  await using server = await api({ basePath: "/h" });
  for (const path of ["/nowhere", "/jobs/", "/promises", "/problems/nonsense"]) {
    await problemOf(await server.get(path), 404, "not-found");
  }
  for (const path of ["/", "/jobs", "/healthz", "/hx/jobs"]) {
    const request = new Request(`http://localhost${path}`);
    await problemOf(await server.fixture.hearty.fetch(request), 404, "not-found");
  }
});

test("links, locations and types of problems are below the base path", async () => {
  await using server = await api({ basePath: "/h/" });
  const response = await server.post();
  const { id, links } = await response.json();
  const self = `/h/promises/${id}`;
  assert.equal(response.headers.get("location"), self);
  assert.deepEqual(links, {
    self,
    result: `${self}/result`,
    events: `${self}/events`,
    input: `${self}/input`,
  });
  const { type, instance } = await (await server.get("/promises/x")).json();
  assert.equal(type, "/h/problems/invalid-parameter");
  assert.equal(instance, "/h/promises/x");
});

test("the type of a problem is a page of the public URL, which the server has", async () => {
  await using server = await api({ publicUrl: "https://desk.example/h/" });
  const { type } = await problemOf(await server.get("/nowhere"), 404, "not-found");
  assert.equal(type, "https://desk.example/h/problems/not-found");
  for (const name of Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[]) {
    const page = await server.get(`/problems/${name}`);
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(await page.text(), problemPage(name));
  }
});

test("a fault of the server is 500 without a word of its cause", async () => {
  await using server = await api();
  const { id } = await server.job(JSON.stringify("x".repeat(5_000)));
  server.fixture.store.failingReads = 1;
  const problem = await problemOf(
    await server.get(`/promises/${id}/input`),
    500,
    "internal-error",
  );
  assert.equal(problem.detail, "Cannot answer: the server has a fault, which was logged");
  assert.equal(server.fixture.faults.splice(0).length, 1);
});

test("a URL that is too long is 414, a header that is too large 431", async () => {
  await using server = await api();
  await problemOf(await server.get(`/jobs?text=${"x".repeat(9_000)}`), 414, "url-too-long");
  const response = await server.get("/jobs", { "X-Large": "x".repeat(13_000) });
  await problemOf(response, 431, "header-too-large");
});

test("paths that can be read in two ways are refused", async () => {
  await using server = await api();
  for (const path of ["//jobs", "/jobs/%2Fx", "/jobs/%00", "/jobs/%zz", "/jobs/a%5cb"]) {
    await problemOf(await server.get(path), 400, "malformed-request");
  }
});

test("an answer on which time was spent says how much", async () => {
  await using server = await api({
    jobs: [
      defineJob({ kind: "slow", run: (_, job) => sleep(server.fixture.clock, 50, job.signal) }),
    ],
  });
  const asked = server.post("1", { kind: "slow", headers: { Prefer: "wait=5" } });
  await server.fixture.clock.advance(100);
  assert.equal((await asked).headers.get("server-timing"), "total;dur=50.0");
});

test("the trace of a request goes on at the worker", async () => {
  await using server = await api();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await server.job(null, { headers: { traceparent } });
  assert.equal(server.run().traceparent, traceparent);
  await server.job(null, { headers: { traceparent: "00-nonsense" } });
  assert.equal(server.run().traceparent, undefined);
});

test("probes tell whether the server is alive and whether it takes jobs", async () => {
  await using server: Api = await api({ version: "1.2.3" });
  assert.deepEqual(await (await server.get("/healthz")).json(), {
    status: "alive",
    version: "1.2.3",
  });
  assert.deepEqual(await (await server.get("/readyz")).json(), { status: "ready" });
  const stopped = server.fixture.hearty.stop();
  const response = await server.get("/readyz");
  assert.equal(response.headers.get("retry-after"), "5");
  await problemOf(response, 503, "draining");
  assert.equal((await server.get("/healthz")).status, 200);
  await problemOf(await server.post(), 503, "draining");
  await server.fixture.clock.advance(60_000);
  await stopped;
});
