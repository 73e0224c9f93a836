// What every request must be before a route sees it. The runtimes give the URL as the client wrote it, or nearly.

import type { Fixture } from "../harness/hearty.ts";
import { hearty } from "../harness/hearty.ts";
import { assert, test } from "../harness/test.ts";

const ORIGIN = "http://localhost:8080";

/** The status of a request whose URL is given as text, as a runtime may give it, which `Request` would put right. */
async function statusOf(
  fixture: Fixture,
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<number> {
  const request = new Request(ORIGIN, { method, headers });
  Object.defineProperty(request, "url", { value: url });
  return (await fixture.hearty.fetch(request)).status;
}

test("a path that could be read in two ways is refused", async () => {
  await using h = await hearty();
  const bad = [
    ...[
      "//jobs",
      "/jobs//",
      "/./jobs",
      "/jobs/..",
      "/../jobs",
      "/%2e%2e/jobs",
      "/jobs/%2E",
      "/.%2e",
    ],
    ...[
      "/jobs%2fa",
      "/jobs/%5Ca",
      "/jobs/..\\healthz",
      "/jobs\\a",
      "/jobs/%00",
      "/%",
      "/%zz",
      "/\u00e9",
    ],
  ];
  for (const path of bad) assert.equal(await statusOf(h, ORIGIN + path), 400, path);
  for (const path of ["/jobs", "/jobs?state=pending", "/problems/not-found"]) {
    assert.equal(await statusOf(h, ORIGIN + path), 200, path);
  }
});

test("dots in a name are no dots of a path", async () => {
  await using h = await hearty();
  for (const name of ["a.b", "...", ".a", "v1%2e2", "a.."]) {
    assert.equal(await statusOf(h, `${ORIGIN}/problems/${name}`), 404, name);
  }
});

test("the host of the URL and that of the header must be one", async () => {
  await using h = await hearty();
  const status = (url: string, host: string) => statusOf(h, url, { Host: host });
  assert.equal(await status(`${ORIGIN}/jobs`, "localhost:8080"), 200);
  assert.equal(await status("http://LOCALHOST:80/jobs", "LocalHost:80"), 200);
  assert.equal(await status("http://[::1]:8080/jobs", "[::1]:8080"), 200);
  assert.equal(await statusOf(h, `${ORIGIN}/jobs`), 200, "HTTP/1.0 needs none");
  // In absolute form one runtime gives the target's host, the other the header's.
  assert.equal(await status(`${ORIGIN}/jobs`, "evil.example"), 400);
  assert.equal(await status("http://evil.example/jobs", "localhost:8080"), 400);
  for (const host of ["a@localhost", "localhost/a", "localhost?a", "localhost#a", "localhost\\a"]) {
    assert.equal(await status(`http://${host}/jobs`, host), 400, host);
  }
});

test("a name of elsewhere that points here is refused, but for the probes", async () => {
  await using h = await hearty();
  const status = (path: string, host: string) =>
    statusOf(h, `http://${host}${path}`, { Host: host });
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
    assert.equal(await status("/jobs", host), 403, host);
    assert.equal(await status("/healthz", host), 200, host);
  }
  for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.8.9.1", "[::1]"]) {
    assert.equal(await status("/jobs", host), 200, host);
  }
});

test("only http and https are spoken", async () => {
  await using h = await hearty();
  assert.equal(await statusOf(h, "ftp://localhost/jobs"), 400);
  assert.equal(await statusOf(h, "https://localhost/jobs"), 200);
  assert.equal(await statusOf(h, "/jobs"), 400);
});

test("the limit of a URL counts its path and query, not the host", async () => {
  await using h = await hearty();
  const ofLength = (length: number) => `${ORIGIN}/problems/${"a".repeat(length - 10)}`;
  assert.equal(await statusOf(h, ofLength(8_192)), 404);
  assert.equal(await statusOf(h, ofLength(8_193)), 414);
  const query = `/jobs?${"a".repeat(8_192 - 6)}`;
  assert.equal(await statusOf(h, ORIGIN + query), 400);
  assert.equal(await statusOf(h, `${ORIGIN}${query}a`), 414);
});

test("a body in a transfer coding beside chunks is refused", async () => {
  await using h = await hearty();
  for (const [coding, status] of [["gzip, chunked", 400], ["identity", 400], ["Chunked", 200]]) {
    const headers = { "Transfer-Encoding": String(coding) };
    assert.equal(await statusOf(h, `${ORIGIN}/jobs`, headers), status, String(coding));
  }
});

test("a method that nobody knows is not implemented, and one that a path lacks is told what it has", async () => {
  await using h = await hearty();
  assert.equal(await statusOf(h, `${ORIGIN}/jobs`, {}, "COPY"), 501);
  const response = await h.hearty.fetch(new Request(`${ORIGIN}/jobs`, { method: "PUT" }));
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("Allow"), "GET, HEAD, OPTIONS");
});
