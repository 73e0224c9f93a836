// Server-sent events of one promise.

import { assert, test } from "../harness/test.ts";
import { settled } from "../harness/manual-clock.ts";
import { type Api, api, BodyReader, eventsOf, problemOf } from "./api.ts";

function namesOf(text: string): string[] {
  return eventsOf(text).map(({ event }) => event);
}

async function read(server: Api, id: string, headers: Record<string, string> = {}) {
  return new BodyReader(await server.get(`/promises/${id}/events`, headers));
}

test("a stream of events is not stored, not buffered, and says when to come back", async () => {
  await using server = await api();
  const response = await server.get(`/promises/${await server.value("v")}/events`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  assert.match(await response.text(), /^retry: \d+\n\n/);
});

test("the first event is the status, then come items by their number, then the end", async () => {
  await using server = await api();
  const id = await server.items("a\nb", Uint8Array.of(1));
  const events = eventsOf(await (await server.get(`/promises/${id}/events`)).text());
  assert.deepEqual(events.map(({ event, id }) => [event, id]), [
    ["status", null],
    ["item", "0"],
    ["item", "1"],
    ["fulfilled", "end"],
  ]);
  assert.deepEqual(events[0]!.data, await (await server.get(`/promises/${id}`)).json());
  assert.deepEqual(events.slice(1).map(({ data }) => data), [
    { seq: 0, value: "a\nb" },
    { seq: 1, type: "image/png", base64: "AQ==" },
    { end: "fulfilled", items: 2 },
  ]);
});

test("a rejected promise ends with its error", async () => {
  await using server = await api();
  const { id } = await server.job();
  const reader = await read(server, id);
  const error = { name: "BadCurve", message: "no", retryable: false, detail: [1] };
  await server.say(server.run().lease, { type: "reject", error });
  const { event, data } = eventsOf(reader.text).at(-1)!;
  assert.equal(event, "rejected");
  assert.deepEqual(data, { end: "rejected", items: 0, error: { reason: "failed", ...error } });
  assert.ok(reader.isEnd);
});

test("a status comes when phase, owners or attempt change", async () => {
  await using server = await api({}, { concurrency: 1 });
  await server.job();
  const first = server.run();
  const { id } = await server.job("1");
  const reader = await read(server, id);
  const steps = [
    () => server.job("1", { query: "owner=bob" }),
    () => server.say(first.lease, { type: "fulfill", value: 1 }),
    () => {
      const error = { message: "busy", retryable: true };
      return server.say(server.run().lease, { type: "reject", error });
    },
    () => server.fixture.clock.advance(60_000),
  ];
  for (const step of steps) {
    await server.fixture.clock.advance(250);
    await step();
  }
  await settled();
  const statuses = eventsOf(reader.text).filter(({ event }) => event === "status");
  const seen = statuses.map(({ data }) => `${data.phase} ${data.attempt} ${data.owners}`);
  assert.deepEqual(seen, [
    "queued 0 1",
    "queued 0 2",
    "running 1 2",
    "retrying 1 2",
    "queued 1 2",
    "running 2 2",
  ]);
  await reader.leave();
});

test("progress comes as an event of its own, with what was told", async () => {
  await using server = await api();
  const { id } = await server.job();
  const reader = await read(server, id);
  await server.fixture.clock.advance(250);
  const { lease } = server.run();
  await server.say(lease, { type: "progress", fraction: 0.5, message: "half" });
  const { event, id: eventId, data } = eventsOf(reader.text).at(-1)!;
  assert.deepEqual([event, eventId, data], ["progress", null, { fraction: 0.5, message: "half" }]);
  await reader.leave();
});

test("what changes more than four times a second is said four times, the last of it in any case", async () => {
  await using server = await api();
  const { id } = await server.job();
  const reader = await read(server, id);
  const { lease } = server.run();
  for (let n = 1; n <= 10; n++) {
    await server.say(lease, { type: "progress", fraction: n / 100 });
    await server.fixture.clock.advance(20);
  }
  assert.deepEqual(namesOf(reader.text), ["status"]);
  await server.fixture.clock.advance(50);
  assert.deepEqual(namesOf(reader.text), ["status", "status", "progress"]);
  assert.deepEqual(eventsOf(reader.text).at(-1)!.data, { fraction: 0.1 });
  await reader.leave();
});

test("a reader resumes after the item that it has", async () => {
  await using server = await api();
  const id = await server.items("a", "b", "c");
  const items = async (path: string, headers: Record<string, string> = {}) => {
    const text = await (await server.get(path, headers)).text();
    return eventsOf(text).filter(({ event }) => event === "item").map(({ data }) => data.value);
  };
  const path = `/promises/${id}/events`;
  assert.deepEqual(await items(path, { "Last-Event-ID": "0" }), ["b", "c"]);
  assert.deepEqual(await items(path, { "Last-Event-ID": "2" }), []);
  assert.deepEqual(await items(path, { "Last-Event-ID": "99" }), []);
  assert.deepEqual(await items(`${path}?from=1`), ["b", "c"]);
  assert.deepEqual(await items(`${path}?from=1`, { "Last-Event-ID": "1" }), ["c"]);
});

test("a reader that has the end is told not to come back", async () => {
  await using server = await api();
  const response = await server.get(`/promises/${await server.items("a")}/events`, {
    "Last-Event-ID": "end",
  });
  assert.deepEqual([response.status, await response.text()], [204, ""]);
});

test("a malformed Last-Event-ID is 400", async () => {
  await using server = await api();
  const id = await server.items("a");
  for (const last of ["x", "-1", "1.5", "99999999999999999"]) {
    const response = await server.get(`/promises/${id}/events`, { "Last-Event-ID": last });
    const { parameter } = await problemOf(response, 400, "invalid-parameter");
    assert.equal(parameter, "Last-Event-ID");
  }
});

test("a result is events for who asks for them, from where it stands", async () => {
  await using server = await api();
  const id = await server.items("a", "b");
  const accept = { Accept: "text/event-stream" };
  const whole = await (await server.get(`/promises/${id}/result`, accept)).text();
  assert.equal(whole, await (await server.get(`/promises/${id}/events`)).text());
});

test("a comment every ten seconds keeps the connection open", async () => {
  await using server = await api();
  const { id } = await server.job();
  const reader = await read(server, id);
  await server.fixture.clock.advance(9_999);
  assert.ok(!/^:/m.test(reader.text));
  await server.fixture.clock.advance(1);
  assert.equal(reader.text.match(/^: /gm)?.length, 1);
  await server.fixture.clock.advance(10_000);
  assert.equal(reader.text.match(/^: /gm)?.length, 2);
  await reader.leave();
});

test("a large value is not read for the sake of its link", async () => {
  await using server = await api();
  const id = await server.settle([
    { type: "chunk", seq: 0, body: new Uint8Array(200_000) },
    { type: "fulfill", contentType: "a/b" },
  ]);
  // No piece of the value can be read.
  server.fixture.store.failingReads = 1;
  const text = await (await server.get(`/promises/${id}/events`)).text();
  assert.equal(eventsOf(text).at(-1)!.data.link, `/promises/${id}/result`);
  server.fixture.store.failingReads = 0;
});
