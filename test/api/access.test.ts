// Who may do what: pages and hosts of elsewhere, CORS, and what a client sees of others.

import { served } from "../http/auth/served.ts";
import { assert, test } from "../harness/test.ts";
import { type Api, api, ORIGIN, problemOf } from "./api.ts";

const NO_ID = "01935e4c-0000-7000-8000-000000000000";
const PUBLIC = { publicUrl: "https://desk.example/h" };

function ask(server: Api, url: string, init: RequestInit = {}): Promise<Response> {
  return server.fixture.hearty.fetch(new Request(url, init));
}

test("without authentication a change from a foreign page is 403", async () => {
  await using server = await api(PUBLIC);
  const foreign = ["http://evil.test", "null", "https://desk.example.evil", "http://desk.example"];
  for (const Origin of [...foreign, "http://localhost:1"]) {
    const headers = { Origin };
    await problemOf(await server.post("1", { headers }), 403, "foreign-origin");
    for (const method of ["PATCH", "DELETE"]) {
      const response = await server.send(`/promises/${NO_ID}`, { method, headers });
      await problemOf(response, 403, "foreign-origin");
    }
    const socket = await server.get("/workers/connect", { ...headers, Upgrade: "websocket" });
    await problemOf(socket, 403, "foreign-origin");
    const bearer = { ...headers, Authorization: "Bearer x" };
    await problemOf(await server.post("1", { headers: bearer }), 403, "foreign-origin");
    const read = await server.get("/jobs", headers);
    assert.equal(read.status, 200);
    assert.equal(read.headers.get("access-control-allow-origin"), null);
  }
});

test("a change from the server's own page, or the public URL's, is taken", async () => {
  await using server = await api(PUBLIC);
  for (const Origin of [ORIGIN, "https://desk.example"]) {
    assert.equal((await server.post(null, { headers: { Origin } })).status, 202);
  }
});

test("without authentication a foreign host is 403, but for the probes", async () => {
  await using server = await api(PUBLIC);
  for (const host of ["evil.test", "10.0.0.1", "localhost.evil.test", "127.0.0.1.evil.test"]) {
    for (const path of ["/", "/jobs", "/problems/not-found"]) {
      await problemOf(await ask(server, `http://${host}${path}`), 403, "foreign-host");
    }
    for (const path of ["/healthz", "/readyz"]) {
      assert.equal((await ask(server, `http://${host}${path}`)).status, 200);
    }
  }
  for (const host of ["localhost", "127.0.0.1:80", "127.9.9.9", "[::1]:8080", "desk.example"]) {
    assert.equal((await ask(server, `http://${host}/jobs`)).status, 200, host);
  }
  await using insecure = await api({ isInsecure: true });
  assert.equal((await ask(insecure, "http://evil.test/jobs")).status, 200);
});

test("without authentication anybody may act for any owner", async () => {
  await using server = await api();
  const { id, owners } = await server.job(null, { query: "owner=alice" });
  assert.equal(owners, 1);
  const path = `/promises/${id}?owner=alice`;
  assert.equal((await server.send(path, { method: "PATCH", body: "{}" })).status, 200);
  assert.equal((await server.send(path, { method: "DELETE" })).status, 204);
});

test("CORS is off by default", async () => {
  await using server = await api();
  const { headers } = await server.get("/jobs", { Origin: "http://app.test" });
  assert.equal(headers.get("access-control-allow-origin"), null);
  assert.doesNotMatch(headers.get("vary")!, /Origin/);
});

test("pages of the CORS list may read every answer, refusals too, with its headers", async () => {
  await using server = await api({
    corsOrigins: ["http://app.test"],
    limits: { urlBytesMax: 200 },
  });
  const Origin = "http://app.test";
  const answers = [
    await server.post(null, { headers: { Origin } }),
    await server.get("/nowhere", { Origin }),
    await server.get("/jobs?nonsense=1", { Origin }),
    await server.get(`/jobs?text=${"x".repeat(200)}`, { Origin }),
    await server.get("/jobs/%zz", { Origin }),
    await ask(server, "http://evil.test/jobs", { headers: { Origin } }),
  ];
  for (const { status, headers } of answers) {
    assert.equal(headers.get("access-control-allow-origin"), Origin, `${status}`);
    assert.equal(headers.get("access-control-allow-credentials"), "true");
    const exposed = headers.get("access-control-expose-headers")!.split(", ");
    for (
      const name of [
        "Location",
        "Hearty-Promise",
        "Cache-Status",
        "Retry-After",
        "ETag",
        "Content-Location",
      ]
    ) assert.ok(exposed.includes(name), name);
    assert.match(headers.get("vary")!, /Origin/);
  }
  const other = await server.get("/jobs", { Origin: "http://evil.test" });
  assert.equal(other.headers.get("access-control-allow-origin"), null);
  assert.match(other.headers.get("vary")!, /Origin/);
});

test("a preflight tells pages of the CORS list what they may send", async () => {
  await using server = await api({ corsOrigins: ["http://app.test"] });
  const preflight = async (Origin: string) => {
    const headers = { Origin, "Access-Control-Request-Method": "POST" };
    return (await server.send("/jobs/price", { method: "OPTIONS", headers })).headers;
  };
  const allowed = await preflight("http://app.test");
  assert.equal(allowed.get("access-control-allow-origin"), "http://app.test");
  assert.match(allowed.get("access-control-allow-methods")!, /POST.*PATCH.*DELETE/);
  const names = allowed.get("access-control-allow-headers")!.split(", ");
  for (
    const name of ["Authorization", "Content-Type", "Prefer", "If-Match", "Last-Event-ID", "Range"]
  ) assert.ok(names.includes(name), name);
  const foreign = await preflight("http://evil.test");
  assert.equal(foreign.get("access-control-allow-origin"), null);
  assert.equal(foreign.get("access-control-allow-methods"), null);
});

test("a client acts for itself only, an administrator for anybody", async () => {
  await using server = await served();
  const post = (owner: string, named: string) => {
    return server.as(owner, `/jobs/waiting?owner=${named}`, { method: "POST", body: owner });
  };
  assert.equal((await post("alice", "alice")).status, 202);
  await problemOf(await post("alice", "bob"), 403, "forbidden");
  assert.equal((await post("ada", "bob")).status, 202);
});

test("a client sees nothing of the other owners of its job, and cannot find them by filters", async () => {
  await using server = await served();
  const init = { method: "POST", body: "1" };
  const { id } = await (await server.as("alice", "/jobs/waiting?queue=secret", init)).json();
  await server.as("bob", "/jobs/waiting?queue=own", init);
  const seen = await (await server.as("bob", `/jobs/${id}`)).text();
  assert.deepEqual(JSON.parse(seen).interests.map((one: { owner: string }) => one.owner), ["bob"]);
  assert.doesNotMatch(seen, /alice|secret/);
  for (const query of ["owner=alice", "queue=secret", "text=alice", "text=secret"]) {
    const count = async (owner: string) => {
      return (await (await server.as(owner, `/jobs?${query}`)).json()).items.length;
    };
    assert.deepEqual([await count("bob"), await count("alice"), await count("victor")], [0, 1, 1]);
  }
});

test("anybody who is known may read a promise by its id, unless only owners may", async () => {
  for (const [visibility, status] of [["organization", 200], ["owner", 404]] as const) {
    await using server = await served({ visibility });
    const id = await server.post("alice", "square", 3);
    for (const tail of ["", "/result", "/events", "/input"]) {
      const read = async (owner: string) => {
        const response = await server.as(owner, `/promises/${id}${tail}`);
        await response.text();
        return response.status;
      };
      assert.deepEqual([await read("alice"), await read("victor"), await read("ada")], [
        200,
        200,
        200,
      ]);
      assert.equal(await read("bob"), status, visibility);
      assert.equal((await server.send(`/promises/${id}${tail}`)).status, 401);
    }
  }
});
