import { assert, test } from "../../harness/test.ts";
import { served } from "../auth/served.ts";

const FORM = "application/x-www-form-urlencoded";
const OWN = "http://hearty.test";

function form(token: string, headers: Record<string, string> = {}): RequestInit {
  const body = new URLSearchParams({ token }).toString();
  return { method: "POST", headers: { "Content-Type": FORM, ...headers }, body };
}

/** The cookie that an answer sets, as a browser gives it back. */
function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

test("somebody without credentials is told how to give some", async () => {
  await using server = await served();
  for (const path of ["/session", "/jobs", "/kinds"]) {
    const response = await server.send(path);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    assert.equal(response.headers.get("content-type"), "application/problem+json");
  }
});

test("a session tells owner, roles and mode", async () => {
  await using server = await served();
  const response = await server.as("alice", "/session");
  assert.deepEqual(await response.json(), { owner: "alice", roles: ["client"], auth: "tokens" });
});

test("a login by form gives a cookie that no script reads and that is not the token", async () => {
  await using server = await served();
  const response = await server.send("/session", form("alice-token", { Origin: OWN }));
  assert.equal(response.status, 200);
  assert.equal((await response.json()).owner, "alice");
  const attributes = response.headers.get("set-cookie")!.split("; ");
  assert.match(attributes[0]!, /^hearty-login=[0-9a-f]{32}$/);
  assert.deepEqual(attributes.slice(1), ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"]);
  const jobs = await server.send("/jobs", { headers: { Cookie: cookieOf(response) } });
  assert.equal(jobs.status, 200);
});

test("a login by bearer token works as well", async () => {
  await using server = await served();
  const cookie = cookieOf(await server.as("ada", "/session", { method: "POST" }));
  const session = await server.send("/session", { headers: { Cookie: cookie } });
  assert.deepEqual((await session.json()).roles, ["admin", "client", "viewer"]);
});

test("behind https and a base path the cookie is for these only", async () => {
  await using server = await served({ basePath: "/h", publicUrl: "https://desk.example/h/" });
  const response = await server.as("alice", "/h/session", { method: "POST" });
  assert.match(response.headers.get("set-cookie")!, /; Path=\/h; .*; Secure$/);
});

test("a login with a wrong token, or none, gives no cookie", async () => {
  await using server = await served();
  for (
    const init of [
      form("wrong"),
      form("wörng"),
      { method: "POST" },
      { method: "POST", headers: { Authorization: "Basic YTpi" } },
    ]
  ) {
    const response = await server.send("/session", init);
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("set-cookie"), null);
  }
});

test("a body that is no login form is refused", async () => {
  await using server = await served();
  const status = async (type: string, body: string) =>
    (await server.send("/session", { method: "POST", headers: { "Content-Type": type }, body }))
      .status;
  assert.equal(await status("application/json", '{"token":"alice-token"}'), 415);
  assert.equal(await status(FORM, "tokn=alice-token"), 422);
  assert.equal(await status(FORM, "token=alice-token&next=x"), 422);
  assert.equal(await status(FORM, `token=${"a".repeat(20_000)}`), 413);
});

test("a login ends on the server, not only in the browser", async () => {
  await using server = await served();
  const cookie = cookieOf(await server.as("alice", "/session", { method: "POST" }));
  const headers = { Cookie: cookie, Origin: OWN };
  const ended = await server.send("/session", { method: "DELETE", headers });
  assert.equal(ended.status, 204);
  assert.match(ended.headers.get("set-cookie")!, /^hearty-login=; .*Max-Age=0/);
  assert.equal((await server.send("/jobs", { headers })).status, 401);
});

test("who logs in again has left the earlier login", async () => {
  await using server = await served();
  const first = cookieOf(await server.as("alice", "/session", { method: "POST" }));
  await server.send("/session", form("bob-token", { Cookie: first, Origin: OWN }));
  assert.equal((await server.send("/jobs", { headers: { Cookie: first } })).status, 401);
});

test("a change by cookie needs an allowed origin, a change by token does not", async () => {
  await using server = await served();
  const cookie = cookieOf(await server.as("alice", "/session", { method: "POST" }));
  const post = async (headers: Record<string, string>) =>
    (await server.send("/jobs/waiting", { method: "POST", headers, body: "1" })).status;
  assert.equal(await post({ Cookie: cookie, Origin: OWN }), 202);
  assert.equal(await post({ Cookie: cookie }), 403);
  assert.equal(await post({ Cookie: cookie, Origin: "http://elsewhere.test" }), 403);
  assert.equal(await post({ Cookie: cookie, Origin: "null" }), 403);
  const bearer = { Authorization: "Bearer alice-token", Origin: "http://elsewhere.test" };
  assert.equal(await post(bearer), 202);
});

test("a socket by cookie needs an allowed origin", async () => {
  await using server = await served();
  const cookie = cookieOf(await server.as("wanda", "/session", { method: "POST" }));
  const connect = async (headers: Record<string, string>) => {
    const all = { Cookie: cookie, Upgrade: "websocket", ...headers };
    return (await server.send("/workers/connect", { headers: all })).status;
  };
  assert.equal(await connect({}), 403);
  assert.equal(await connect({ Origin: "http://elsewhere.test" }), 403);
  // It got as far as the upgrade, which needs a connection.
  assert.equal(await connect({ Origin: OWN }), 426);
});

test("a foreign page cannot plant a login, not even with a token", async () => {
  await using server = await served();
  const foreign = { Origin: "http://elsewhere.test" };
  for (
    const init of [
      form("alice-token", foreign),
      { method: "POST", headers: { ...foreign, Authorization: "Bearer alice-token" } },
    ]
  ) {
    const response = await server.send("/session", init);
    assert.equal(response.status, 403);
    assert.equal(response.headers.get("set-cookie"), null);
  }
});

test("where nobody is asked who they are, everybody has a session and no cookie", async () => {
  await using server = await served({ authenticator: undefined, isInsecure: true });
  const response = await server.send("/session", { method: "POST" });
  const { owner, roles, auth } = await response.json();
  assert.deepEqual([owner, auth], ["anonymous", "none"]);
  assert.ok(roles.includes("admin"));
  assert.equal(response.headers.get("set-cookie"), null);
});

test("a role that does not suffice is refused, by name", async () => {
  await using server = await served();
  const id = await server.post("alice", "waiting", 1);
  const calls: [owner: string, method: string, path: string, role: string][] = [
    ["wanda", "GET", "/jobs", "client or viewer"],
    ["wanda", "POST", "/jobs/waiting", "client"],
    ["alice", "GET", "/workers", "viewer"],
    ["alice", "GET", "/workers/connect", "worker"],
    ["alice", "DELETE", `/promises/${id}/stored`, "admin"],
    ["victor", "POST", "/jobs/waiting", "client"],
    ["victor", "PATCH", `/promises/${id}`, "client"],
    ["victor", "DELETE", `/promises/${id}`, "client"],
  ];
  for (const [owner, method, path, role] of calls) {
    const response = await server.as(owner, path, { method });
    assert.equal(response.status, 403, `${owner} ${method} ${path}`);
    assert.ok((await response.json()).detail.endsWith(`the role ${role}`));
  }
});

test("a viewer and an administrator see every job, a client its own", async () => {
  await using server = await served();
  const id = await server.post("alice", "waiting", 1);
  for (const [owner, count] of Object.entries({ alice: 1, bob: 0, victor: 1, ada: 1 })) {
    assert.equal((await (await server.as(owner, "/jobs")).json()).items.length, count, owner);
    assert.equal((await server.as(owner, `/jobs/${id}`)).status, count === 1 ? 200 : 404, owner);
  }
});
