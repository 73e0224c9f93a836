// How a request's body is read: whole or not at all, within a limit and a time.

import { isRefusal } from "../../src/core/problem.ts";
import { readBody } from "../../src/http/body.ts";
import { ManualClock, settled } from "../harness/manual-clock.ts";
import { assert, test } from "../harness/test.ts";

const BYTES_MAX = 100_000;

/** A body that comes piece by piece, and the reading of it. */
function upload(headers: Record<string, string>) {
  const clock = new ManualClock();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  writer.closed.catch(() => undefined); // What is not read is cancelled.
  const init = { method: "POST", headers, body: readable, duplex: "half" };
  const limits = {
    bytesMax: BYTES_MAX,
    tooLarge: "input-too-large",
    clock,
    connection: null,
  } as const;
  const read = readBody(new Request("http://localhost/", init), limits).then((body) =>
    isRefusal(body) ? body.refused : body.length
  );
  const send = async (bytes: number) => {
    writer.write(new Uint8Array(bytes)).catch(() => undefined); // It is not wanted any more.
    await settled();
  };
  return { clock, read, send, end: () => writer.close(), cut: () => writer.abort("gone") };
}

const ofLength = (bytes: number) => ({ "Content-Length": String(bytes) });

for (const bytes of [2_000, 60_000, 90_000]) {
  test(`a body of ${bytes} bytes that is slow but not silent is taken`, async () => {
    for (const headers of [ofLength(bytes), {}]) {
      const { clock, read, send, end } = upload(headers);
      for (let i = 0; i < 2; i++) {
        await send(bytes / 2);
        await clock.advance(bytes < 10_000 ? 4_000 : 9_000);
      }
      await end();
      assert.equal(await read, bytes);
    }
  });

  test(`a body of ${bytes} bytes that falls silent is given up after ten seconds`, async () => {
    for (const headers of [ofLength(bytes), {}]) {
      const { clock, read, send } = upload(headers);
      await send(bytes / 2);
      await clock.advance(10_000);
      assert.equal(await read, "request-timeout");
    }
  });

  test(`a body of ${bytes} bytes that breaks off is none`, async () => {
    for (const headers of [ofLength(bytes), {}]) {
      const { read, send, cut } = upload(headers);
      await send(bytes / 2);
      await cut();
      assert.equal(await read, "malformed-request");
    }
  });
}

test("a body that only drips is given up after half a minute", async () => {
  const { clock, read, send } = upload(ofLength(BYTES_MAX));
  for (let second = 0; second < 32; second += 8) {
    await send(1_000);
    await clock.advance(8_000);
  }
  await send(1_000);
  assert.equal(await read, "request-timeout");
});

test("a body over the limit is refused as soon as that is known", async () => {
  assert.equal(await upload(ofLength(BYTES_MAX + 1)).read, "input-too-large");
  const { read, send } = upload({});
  await send(BYTES_MAX);
  await send(1);
  assert.equal(await read, "input-too-large");
});

test("a body in a coding is refused", async () => {
  assert.equal(await upload({ "Content-Encoding": "gzip" }).read, "unsupported-media-type");
});
