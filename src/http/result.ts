// A promise's result in the form that the client asks for.
//
// H1. One value goes out as it is stored, by length and range; items as records or as an array. A form that was asked
//     for by name streams from the first byte on, whatever the result will be.
// H2. A promise that was rejected is 424, unless items, or a stream, can tell it.

import type { PromiseId } from "../core/ids.ts";
import { isRefusal, type Refusal, refuse } from "../core/problem.ts";
import { isSettled, type PromiseRecord } from "../core/promise.ts";
import { resultTag } from "../stream/document.ts";
import { Reader } from "../stream/reader.ts";
import { promiseEvents } from "../stream/events.ts";
import { pulledBody, streamBody } from "../stream/render.ts";
import { readWhole, valueBytes, valueStream } from "../stream/value.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { etagMatches, ifRangeHolds, parseRange } from "../wire/headers.ts";
import { jsonArrayForm } from "../wire/json-array.ts";
import {
  canonicalMedia,
  headerMedia,
  isJson,
  isMsgpack,
  MEDIA,
  mediaEssence,
} from "../wire/media.ts";
import { msgpackForm } from "../wire/msgpack-records.ts";
import { multipartForm, multipartType, writeOnePart } from "../wire/multipart.ts";
import { ndjsonForm } from "../wire/ndjson.ts";
import { explicitly, negotiate } from "../wire/negotiate.ts";
import { jobProblem } from "../wire/problem.ts";
import type { StreamForm } from "../wire/records.ts";
import { asJson, asMsgpack } from "../wire/transcode.ts";
import type { Call } from "./handler.ts";
import type { Services } from "./services.ts";

/** How a result is asked for. */
export interface ResultRequest {
  readonly call: Call;
  /** The first item that is wanted. */
  readonly from: number;
  /** The headers that the answer is to carry. */
  readonly headers: Headers;
  /** Called if the answer is a stream; what it answers is called when that is over. */
  readonly onStream?: () => () => void;
}

const RECORD_FORMS = [MEDIA.ndjson, MEDIA.msgpack, MEDIA.multipart, MEDIA.events];
const ITEM_FORMS = [MEDIA.ndjson, MEDIA.json, MEDIA.msgpack, MEDIA.multipart, MEDIA.events];
/** Values up to this size, in bytes, go out in one piece. */
const WHOLE_BYTES_MAX = 64 * 1024;
/** The same where only one piece goes out with its length. Larger values go out in chunks there. */
const LENGTH_BYTES_MAX = 16 * 1024 * 1024;

/** The record form that a client asked for by name, which can stream before anything is known of the result; null: none. */
export function namedForm(accept: string | null): string | null {
  const form = negotiate(accept, [MEDIA.json, MEDIA.bytes, ...RECORD_FORMS]);
  return form !== null && RECORD_FORMS.some((f) => f === form) && explicitly(accept, form)
    ? form
    : null;
}

/** A stream in the form that was asked for by name, whatever the result will be. */
export function namedResponse(
  record: PromiseRecord,
  services: Services,
  { named, ...request }: ResultRequest & { readonly named: string },
): Response | Refusal {
  request.headers.append("Vary", "Accept");
  return named === MEDIA.events
    ? eventsResponse(record, services, request)
    : streamResponse(record.id, services, { ...request, form: formOf(named, services) });
}

/** The answer with the result as far as it is there, or a stream of it. The promise has items, or is settled, or the form was named. */
export async function resultResponse(
  record: PromiseRecord,
  services: Services,
  request: ResultRequest,
): Promise<Response | Refusal> {
  const { life } = record;
  const accept = request.call.request.headers.get("accept");
  request.headers.append("Vary", "Accept");
  if (life.state === "fulfilled" && life.result.shape === "value") {
    return await valueResponse(record, services, { ...request, type: life.result.type });
  }
  const isEvents = namedForm(accept) === MEDIA.events;
  if (life.state === "rejected" && record.items === 0 && !isEvents) return jobProblem(life.error);
  const form = negotiate(accept, ITEM_FORMS);
  if (form === null) return notAcceptable(ITEM_FORMS);
  if (life.state === "rejected" && form === MEDIA.json) return jobProblem(life.error);
  if (form === MEDIA.events) return eventsResponse(record, services, request);
  return streamResponse(record.id, services, { ...request, form: formOf(form, services) });
}

async function valueResponse(
  record: PromiseRecord,
  services: Services,
  request: ResultRequest & { readonly type: string },
): Promise<Response | Refusal> {
  const { type } = request;
  const accept = request.call.request.headers.get("accept");
  const own = canonicalMedia(mediaEssence(type));
  const offers = [own, ...(isMsgpack(type) ? [MEDIA.json] : isJson(type) ? [MEDIA.msgpack] : [])];
  const all = [...new Set([...offers, ...RECORD_FORMS])];
  const form = negotiate(accept, all);
  if (form === null) return notAcceptable(all);
  if (form === own) return await storedResponse(record, services, request);
  if (form === MEDIA.events) return eventsResponse(record, services, request);
  if (form === MEDIA.ndjson) {
    return streamResponse(record.id, services, { ...request, form: ndjsonForm() });
  }
  const { headers } = request;
  harmless(headers);
  if (form === MEDIA.multipart) return await onePartResponse(record, services, request);
  headers.set("ETag", resultTag(record.id, form));
  if (isKnown(request)) return new Response(null, { status: 304, headers });
  const body = await readWhole(services.source.store, record);
  const said = form === MEDIA.json ? asJson({ type, body }) : asMsgpack({ type, body });
  if (said === null) {
    return refuse("not-acceptable", {
      detail:
        `Cannot say the result as "${form}": it is "${type}" and has values that "${form}" has not`,
    });
  }
  headers.set("Content-Type", form);
  return new Response(said.slice(), { headers });
}

async function onePartResponse(
  record: PromiseRecord,
  { source, unguessable }: Services,
  { headers, type }: ResultRequest & { readonly type: string },
): Promise<Response> {
  const boundary = `hearty-${unguessable()}`;
  const out = new ByteWriter();
  writeOnePart(out, boundary, { type, body: await readWhole(source.store, record) });
  headers.set("Content-Type", multipartType(boundary));
  return new Response(out.take(), { headers });
}

/** Whether the client has what the answer's tag names. */
function isKnown({ call, headers }: ResultRequest): boolean {
  const known = call.request.headers.get("if-none-match");
  return known !== null && etagMatches(known, headers.get("etag")!, "weak");
}

/** The bytes as stored: with their length, their tag, and by range (RFC 9110). */
async function storedResponse(
  record: PromiseRecord,
  { source }: Services,
  request: ResultRequest & { readonly type: string },
): Promise<Response | Refusal> {
  const { call, headers, type } = request;
  const size = valueBytes(record);
  const etag = resultTag(record.id, null);
  harmless(headers);
  headers.set("ETag", etag);
  if (isKnown(request)) return new Response(null, { status: 304, headers });
  const ask = call.request.headers;
  headers.set("Content-Type", headerMedia(type));
  headers.set("Accept-Ranges", "bytes");
  const isRanged = call.request.method === "GET" && ifRangeHolds(ask.get("if-range"), etag);
  const range = isRanged ? parseRange(ask.get("range"), size) : null;
  if (range === "unsatisfiable") {
    headers.set("Content-Range", `bytes */${size}`);
    const detail = `Cannot give the range "${ask.get("range")}": the result has ${size} bytes`;
    return refuse("range-not-satisfiable", { detail, extras: { size } });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== null) headers.set("Content-Range", `bytes ${start}-${end}/${size}`);
  const length = end - start + 1;
  headers.set("Content-Length", String(length));
  const status = range === null ? 200 : 206;
  if (size <= (call.connection?.keepsLength === false ? LENGTH_BYTES_MAX : WHOLE_BYTES_MAX)) {
    const whole = await readWhole(source.store, record);
    return new Response(whole.subarray(start, end + 1) as Uint8Array<ArrayBuffer>, {
      status,
      headers,
    });
  }
  call.connection?.keepOpen();
  return new Response(valueStream(source.store, record.id, { start, end }), { status, headers });
}

/** A stream of items in a form. */
export function streamResponse(
  id: PromiseId,
  services: Services,
  { call, headers, from, form, onStream }: ResultRequest & { readonly form: StreamForm },
): Response | Refusal {
  const done = takeStream(call, services, onStream);
  if (isRefusal(done)) return done;
  openStream(call, headers, form.contentType);
  if (call.request.method === "HEAD") return headOf(headers, done);
  const { source, stopping, onFault } = services;
  const body = streamBody(new Reader(source, id, { from, value: "item" }), form, {
    clock: services.clock,
    stop: stopping,
    onEnd: done,
    onFault,
  });
  return new Response(body, { headers });
}

/** The events of a promise. */
export function eventsResponse(
  record: PromiseRecord,
  services: Services,
  { call, headers, from, onStream }: ResultRequest,
): Response | Refusal {
  const done = takeStream(call, services, onStream);
  if (isRefusal(done)) return done;
  openStream(call, headers, MEDIA.events);
  if (call.request.method === "HEAD") return headOf(headers, done);
  const { source, stopping, settings, onFault } = services;
  const produce = promiseEvents(source, record, {
    from,
    basePath: settings.basePath,
    owner: call.principal.owner,
  });
  const body = pulledBody(produce, {
    clock: services.clock,
    stop: stopping,
    onEnd: done,
    onFault,
  });
  return new Response(body, { headers });
}

function takeStream(
  call: Call,
  services: Services,
  onStream: ResultRequest["onStream"],
): (() => void) | Refusal {
  const done = services.streams.take(call, services);
  if (isRefusal(done) || !onStream) return done;
  const over = onStream();
  return () => {
    done();
    over();
  };
}

/** The form of a name. */
function formOf(form: string, { unguessable }: Services): StreamForm {
  switch (form) {
    case MEDIA.json:
      return jsonArrayForm();
    case MEDIA.msgpack:
      return msgpackForm();
    case MEDIA.multipart:
      return multipartForm(`hearty-${unguessable()}`);
    default:
      return ndjsonForm();
  }
}

/** Whether a promise's result can be answered with now, whatever form is asked for. */
export function isAnswerable(record: PromiseRecord): boolean {
  return isSettled(record) || record.items > 0;
}

/** What an owner stored cannot act as a page of this server. */
export function harmless(headers: Headers): void {
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Content-Security-Policy", "sandbox");
}

function openStream(call: Call, headers: Headers, contentType: string): void {
  call.connection?.keepOpen();
  harmless(headers);
  headers.set("Content-Type", contentType);
  headers.set("Cache-Control", "no-store");
  headers.set("X-Accel-Buffering", "no");
}

function headOf(headers: Headers, done: () => void): Response {
  done();
  return new Response(null, { headers });
}

function notAcceptable(offers: readonly string[]): Refusal {
  return refuse("not-acceptable", {
    detail: `Cannot answer in any form that is accepted: there are ${offers.join(", ")}`,
    extras: { offers },
  });
}
