import { createParser, type EventSourceMessage } from "eventsource-parser";
import {
  writeComment,
  writeEndEvent,
  writeEvent,
  writeItemEvent,
  writeRetry,
} from "../../src/wire/sse.ts";
import type { ByteWriter } from "../../src/wire/byte-writer.ts";
import { assert, test } from "../harness/test.ts";
import { FULFILLED, item, PROMISE, REJECTED, SOURCE, textOf } from "./samples.ts";

/** The events as a client's parser sees them. */
function eventsOf(write: (out: ByteWriter) => void): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onError: (error) => assert.fail(error),
  });
  parser.feed(textOf(write));
  return events;
}

test("status and progress have data and no id", () => {
  const [status, progress] = eventsOf((out) => {
    writeEvent(out, "status", JSON.stringify({ message: "a\nb\r" }));
    writeEvent(out, "progress", '{"fraction":0.5}');
  });
  assert.deepEqual([status!.event, status!.id], ["status", undefined]);
  assert.deepEqual(JSON.parse(status!.data), { message: "a\nb\r" });
  assert.deepEqual([progress!.event, progress!.data], ["progress", '{"fraction":0.5}']);
});

test("an item's content cannot break out of its event", () => {
  const content = '{\n"a":\r\n"data: x\\n\\nevent: y\u2028]]>",\r"b":1}';
  const [event] = eventsOf((out) => writeItemEvent(out, item(7, content), { id: "7" }));
  assert.deepEqual([event!.event, event!.id], ["item", "7"]);
  assert.deepEqual(JSON.parse(event!.data), { seq: 7, value: JSON.parse(content) });
});

test("an end event has the end record, with the value or its link", () => {
  const json = new TextEncoder().encode("[1,\n2]");
  const events = eventsOf((out) => {
    writeEndEvent(out, { end: "fulfilled", items: 1 }, { id: "end", result: { json } });
    writeEndEvent(out, { end: "fulfilled", items: 1 }, {
      id: "end",
      result: { link: "/x/result" },
    });
    writeEndEvent(out, FULFILLED, { id: "end", result: null });
    writeEndEvent(out, REJECTED, { id: "end", result: null });
  });
  assert.deepEqual(events.map((event) => [event.event, event.id]), [
    ["fulfilled", "end"],
    ["fulfilled", "end"],
    ["fulfilled", "end"],
    ["rejected", "end"],
  ]);
  const [value, link, items, rejected] = events.map((event) => JSON.parse(event.data));
  assert.deepEqual(value, { end: "fulfilled", items: 1, result: [1, 2] });
  assert.deepEqual(link, { end: "fulfilled", items: 1, link: "/x/result" });
  assert.deepEqual(items, { end: "fulfilled", items: 2 });
  assert.equal(rejected.error.message, 'No "rate"\nfor 2031');
});

test("where promises share a stream, each event says whose it is", () => {
  const place = { id: "AbC-_1", source: SOURCE };
  const child = { index: 3, promise: PROMISE, error: null, items: null };
  const events = eventsOf((out) => {
    writeItemEvent(out, { ...item(0, "5"), child }, place);
    writeEndEvent(out, REJECTED, { ...place, result: null });
    writeEndEvent(out, FULFILLED, { ...place, result: { link: "/x" } });
  });
  const data = events.map((event) => JSON.parse(event.data));
  assert.deepEqual(data.map((d) => d.promise), [SOURCE, SOURCE, SOURCE]);
  assert.equal(data[0].child, PROMISE);
  assert.equal(data[2].link, "/x");
  assert.deepEqual(events.map((event) => event.id), ["AbC-_1", "AbC-_1", "AbC-_1"]);
});

test("comments and the time to wait are no events", () => {
  const retries: number[] = [];
  const parser = createParser({
    onEvent: () => assert.fail("no event was written"),
    onRetry: (ms) => retries.push(ms),
  });
  parser.feed(textOf((out) => {
    writeRetry(out, 2_000);
    writeComment(out, "still here");
  }));
  assert.deepEqual(retries, [2_000]);
});
