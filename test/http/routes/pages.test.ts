import { assert, test } from "../../harness/test.ts";
import { served } from "../auth/served.ts";

/** The files that a page or a script names. */
function filesOf(text: string): string[] {
  return [...text.matchAll(/"(?:[^"]*\/ui\/assets|\.)\/([\w-]+\.[0-9a-f]{16}\.\w+)"/g)]
    .map((match) => match[1]!);
}

test("the page needs no credentials, and its policy allows this server only", async () => {
  await using server = await served();
  const response = await server.send("/");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(
    response.headers.get("content-security-policy"),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
      "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; " +
      "frame-ancestors 'none'; require-trusted-types-for 'script'",
  );
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/);
});

test("the page's files and all that they import are there, for good", async () => {
  await using server = await served();
  const todo = filesOf(await (await server.send("/")).text());
  const seen = new Set<string>();
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const response = await server.send(`/ui/assets/${file}`);
    assert.equal(response.status, 200, file);
    assert.match(response.headers.get("cache-control")!, /immutable/);
    const type = file.endsWith(".css") ? "text/css" : "text/javascript";
    assert.equal(response.headers.get("content-type"), `${type}; charset=utf-8`);
    const text = await response.text();
    assert.doesNotMatch(text, /from "\.\/\w+\.js"/, `${file} imports a file without hash`);
    todo.push(...filesOf(text));
  }
  assert.equal(seen.size, 11);
});

test("a file of another version is not found", async () => {
  await using server = await served();
  const response = await server.send("/ui/assets/page.0000000000000000.js");
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
});

test("below a base path the page is at that path, with and without a slash, and so are its files", async () => {
  await using server = await served({ basePath: "/h" });
  const html = await (await server.send("/h")).text();
  assert.equal(await (await server.send("/h/")).text(), html);
  assert.match(html, /data-base="\/h"/);
  for (const file of filesOf(html)) {
    assert.ok(html.includes(`"/h/ui/assets/${file}"`));
    assert.equal((await server.send(`/h/ui/assets/${file}`)).status, 200);
  }
  assert.equal((await server.send("/")).status, 404);
});
