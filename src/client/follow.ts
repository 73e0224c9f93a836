// Following a promise over connections that break. The server's event stream is read, not its NDJSON, because
// its comment lines tell a quiet promise from a dead connection.
//
// F1. Each item is given once, in order, whatever connections break: `next` is the only position, and it is what
//     a new connection asks for. An item before it was seen; one beyond it means that the connection lost some.
// F2. The end is given once, and last. A stream that stops without one was broken.
// F3. The silence of the server is measured only while we wait for it, so a slow reader breaks nothing.

import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { EndRecord, ItemRecord } from "../wire/records.ts";
import type { EndValue, PromiseEvent } from "./events.ts";
import { Patience, type Persistence } from "./patience.ts";
import { Silence } from "./silence.ts";
import { received, request, type Transport, UnreachableError } from "./transport.ts";

/** From where, and for how long, to follow. */
export interface FollowOptions extends Persistence {
  /** The first item that is wanted; default 0. */
  readonly from?: number | undefined;
}

/** Longest silence of a connection; the server comments every 10 s. */
const SILENCE_MS_MAX = 30_000;

/** All that happens to a promise, until its end. */
export async function* watchPromise(
  transport: Transport,
  id: string,
  options: FollowOptions,
): AsyncGenerator<PromiseEvent, void, void> {
  const patience = new Patience(transport, options);
  let next = options.from ?? 0;
  for (;;) {
    try {
      for await (const event of connect(transport, { id, from: next }, options.signal)) {
        if (event.type === "item") {
          if (event.item.seq < next) continue; // F1
          if (event.item.seq > next) throw new UnreachableError(`Lost item ${next} on the way`);
          next++;
        }
        patience.restore();
        yield event;
        if (event.type === "end") return; // F2
      }
    } catch (error) {
      await patience.afterFailure(error);
    }
  }
}

/** The items of a promise, then its end record. A rejection is an end like another: it is not thrown. */
export async function* followItems(
  transport: Transport,
  id: string,
  options: FollowOptions,
): AsyncGenerator<ItemRecord | EndRecord, void, void> {
  for await (const event of watchPromise(transport, id, options)) {
    if (event.type === "item") yield event.item;
    if (event.type !== "end") continue;
    // One value counts as item 0, as it does in NDJSON.
    if ((options.from ?? 0) === 0) {
      if (event.value.in === "event") yield { seq: 0, value: event.value.value };
      if (event.value.in === "result") yield await fetchValue(transport, id, options);
    }
    yield event.end;
  }
}

/** The items of one connection; it never ends without an end event or an error. */
async function* connect(
  transport: Transport,
  { id, from }: { readonly id: string; readonly from: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<PromiseEvent, void, void> {
  const silence = new Silence(transport.clock, { ms: SILENCE_MS_MAX, outer: signal });
  try {
    const response = await silence.until(request(transport, {
      path: `/promises/${encodeURIComponent(id)}/events`,
      query: from === 0 ? [] : [["from", String(from)]],
      headers: { Accept: "text/event-stream" },
      signal: silence.signal,
    }));
    const messages: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (message) => messages.push(message) });
    const decoder = new TextDecoder();
    const reader = response.body!.getReader();
    for (;;) {
      const { done, value } = await silence.until(received(reader.read()));
      if (done) throw new UnreachableError("The server's stream stopped without an end");
      parser.feed(decoder.decode(value, { stream: true }));
      for (const message of messages.splice(0)) {
        const event = eventOf(message, transport.parse);
        if (event !== null) yield event;
      }
    }
  } finally {
    silence.abort();
  }
}

/** A message as an event; null for one that later servers may add. */
function eventOf(
  message: EventSourceMessage,
  parse: (json: string) => unknown,
): PromiseEvent | null {
  switch (message.event) {
    case "status":
      return { type: "status", promise: JSON.parse(message.data) };
    case "progress":
      return { type: "progress", progress: JSON.parse(message.data) };
    case "item":
      return { type: "item", item: parse(message.data) as ItemRecord };
    case "fulfilled":
    case "rejected": {
      const { result, link, ...end } = parse(message.data) as EndRecord & {
        readonly result?: unknown;
        readonly link?: string;
      };
      const value: EndValue = result !== undefined
        ? { in: "event", value: result }
        : { in: link === undefined ? "none" : "result" };
      return { type: "end", end: end as EndRecord, value };
    }
    default:
      return null;
  }
}

/** The value that was too large or of another type for the event. */
function fetchValue(transport: Transport, id: string, options: Persistence): Promise<ItemRecord> {
  return new Patience(transport, options).persist(async () => {
    const response = await request(transport, {
      path: `/promises/${encodeURIComponent(id)}/result`,
      headers: { Accept: "application/x-ndjson" },
      signal: options.signal,
    });
    const [first] = (await received(response.text())).split("\n", 1);
    return transport.parse(first!) as ItemRecord;
  });
}
