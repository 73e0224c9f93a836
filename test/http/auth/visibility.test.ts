import { assert, test } from "../../harness/test.ts";
import { served } from "./served.ts";

const UNKNOWN = "01935e4c-0000-7000-8000-000000000000";
const READS = ["", "/result", "/events", "/input"];

test("in an organization, whoever has a promise's id may read it", async () => {
  await using server = await served();
  const id = await server.post("alice", "square", 7);
  for (const path of READS) {
    const response = await server.as("bob", `/promises/${id}${path}`);
    assert.equal(response.status, 200, path);
    await response.body?.cancel();
  }
});

test("among owners, a promise is for those with an interest, viewers and administrators", async () => {
  await using server = await served({ visibility: "owner" });
  const id = await server.post("alice", "square", 7);
  for (const owner of ["alice", "victor", "ada"]) {
    for (const path of READS) {
      const response = await server.as(owner, `/promises/${id}${path}`);
      assert.equal(response.status, 200, `${owner} ${path}`);
      await response.body?.cancel();
    }
  }
});

test("others learn no more than that there is no such promise", async () => {
  await using server = await served({ visibility: "owner" });
  const tell = async (id: string, path: string, init?: RequestInit) => {
    const response = await server.as("bob", `/promises/${id}${path}`, init);
    assert.equal(response.status, 404, path);
    return (await response.text()).replaceAll(id, "ID");
  };
  for (
    const id of [await server.post("alice", "square", 7), await server.post("alice", "waiting", 1)]
  ) {
    for (const path of [...READS, "?wait=30", "/result?wait=30"]) {
      assert.equal(await tell(id, path), await tell(UNKNOWN, path), path);
    }
    const patch = { method: "PATCH", body: '{"ttl":"1h"}' };
    for (const init of [patch, { method: "DELETE" }]) {
      assert.equal(await tell(id, "", init), await tell(UNKNOWN, "", init), init.method);
    }
  }
});

test("who posts an equal job may read the promise that it shares", async () => {
  await using server = await served({ visibility: "owner" });
  const waiting = await server.post("alice", "waiting", 1);
  assert.equal(await server.post("bob", "waiting", 1), waiting);
  assert.equal((await server.as("bob", `/promises/${waiting}`)).status, 200);
});

test("who is given a stored result by a post may read it", async () => {
  await using server = await served({ visibility: "owner" });
  const id = await server.post("alice", "square", 7);
  assert.equal((await server.as("bob", `/promises/${id}/result`)).status, 404);
  assert.equal(await server.post("bob", "square", 7), id);
  assert.equal(await (await server.as("bob", `/promises/${id}/result`)).text(), "49");
});

test("who has withdrawn may still see how it ended", async () => {
  await using server = await served({ visibility: "owner" });
  const id = await server.post("alice", "waiting", 1);
  assert.equal((await server.as("alice", `/promises/${id}`, { method: "DELETE" })).status, 204);
  const { state, error } = await (await server.as("alice", `/promises/${id}`)).json();
  assert.deepEqual([state, error.reason], ["rejected", "cancelled"]);
  assert.equal((await server.as("bob", `/promises/${id}`)).status, 404);
});
