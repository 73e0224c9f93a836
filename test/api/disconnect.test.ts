// What becomes of an interest when the connection of a waiting request drops.

import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { type Api, api, BodyReader } from "./api.ts";

const VALUE = { type: "fulfill", value: 1 } as const;

interface Waiting {
  readonly id: string;
  readonly lease: string;
  readonly answer: Promise<Response>;
  /** The connection drops. */
  drop(): Promise<void>;
}

/** Somebody posts a job and waits for it. */
async function waiting(
  server: Api,
  query: string,
  { body = null, headers = {} }: { body?: string | null; headers?: Record<string, string> } = {},
): Promise<Waiting> {
  const connection = new AbortController();
  const answer = server.post(body, {
    query,
    headers: { Prefer: "wait=30", ...headers },
    signal: connection.signal,
  });
  await settled();
  const { promise, lease } = server.run();
  return {
    id: promise,
    lease,
    answer,
    async drop() {
      connection.abort();
      await settled();
    },
  };
}

async function stateOf(server: Api, id: string): Promise<string> {
  return (await server.document(id)).state;
}

test("with keep, the default, a job goes on when its waiting poster is gone", async () => {
  await using server = await api();
  for (const query of ["", "onDisconnect=keep"]) {
    const { id, answer, drop } = await waiting(server, query);
    await drop();
    await answer;
    assert.equal(await stateOf(server, id), "pending");
  }
});

test("with cancel, a job ends when its waiting poster is gone", async () => {
  await using server = await api();
  const { id, lease, answer, drop } = await waiting(server, "onDisconnect=cancel");
  await drop();
  await answer;
  assert.equal((await server.document(id)).error!.reason, "cancelled");
  assert.equal(server.worker.take("cancel").lease, lease);
});

test("with cancel, a job ends when the reader of its stream is gone", async () => {
  await using server = await api();
  for (const accept of ["*/*", "application/x-ndjson", "application/json", "text/event-stream"]) {
    const { id, lease, answer } = await waiting(server, "onDisconnect=cancel", {
      headers: { Accept: accept },
    });
    await server.say(lease, { type: "item", seq: 0, value: 1 });
    const reader = new BodyReader(await answer);
    await settled();
    assert.equal(await stateOf(server, id), "pending");
    await reader.leave();
    await settled();
    assert.equal(await stateOf(server, id), "rejected", accept);
    await server.say(lease, { type: "cancelled" });
  }
});

test("with cancel, a stream that is named ends its job when the reader leaves before any item", async () => {
  await using server = await api();
  for (const accept of ["application/x-ndjson", "text/event-stream"]) {
    const { id, lease, answer } = await waiting(server, "onDisconnect=cancel", {
      headers: { Accept: accept },
    });
    await (await answer).body!.cancel();
    await settled();
    assert.equal(await stateOf(server, id), "rejected", accept);
    await server.say(lease, { type: "cancelled" });
  }
});

test("two connections of one owner do not cancel each other", async () => {
  await using server = await api();
  const query = "onDisconnect=cancel";
  const first = await waiting(server, query, { body: "[1]" });
  const connection = new AbortController();
  const second = server.post("[1]", {
    query,
    headers: { Prefer: "wait=30" },
    signal: connection.signal,
  });
  await settled();
  await first.drop();
  assert.equal(await stateOf(server, first.id), "pending");
  connection.abort();
  await settled();
  await second;
  assert.equal(await stateOf(server, first.id), "rejected");
});

test("a post that keeps makes the interest lasting, whatever else waits", async () => {
  await using server = await api();
  const { id, drop } = await waiting(server, "onDisconnect=cancel", { body: "[1]" });
  await server.job("[1]");
  await drop();
  assert.equal(await stateOf(server, id), "pending");
});

test("after a wait that timed out the interest is lasting", async () => {
  await using server = await api();
  const { id, answer, drop } = await waiting(server, "onDisconnect=cancel");
  await server.fixture.clock.advance(30_000);
  assert.equal((await answer).status, 202);
  await drop();
  assert.equal(await stateOf(server, id), "pending");
});

test("without a wait there is no connection to hold, and the interest is lasting", async () => {
  await using server = await api();
  const { id } = await server.job(null, { query: "onDisconnect=cancel" });
  assert.equal(await stateOf(server, id), "pending");
});

test("who waits to the end with cancel gets the result", async () => {
  await using server = await api();
  const { id, lease, answer } = await waiting(server, "onDisconnect=cancel");
  await server.say(lease, VALUE);
  assert.equal(await (await answer).text(), "1");
  assert.equal(await stateOf(server, id), "fulfilled");
});

test("another owner's interest keeps a job whose poster is gone", async () => {
  await using server = await api();
  const { id, drop } = await waiting(server, "onDisconnect=cancel&owner=alice", { body: "[1]" });
  await server.job("[1]", { query: "owner=bob" });
  await drop();
  const { state, owners } = await server.document(id);
  assert.deepEqual([state, owners], ["pending", 1]);
});
