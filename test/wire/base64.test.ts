// Base64 in JSON frames, with and without the runtime's own methods.

import fc from "fast-check";
import { fromBase64, toBase64 } from "../../src/wire/base64.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_260_104;

/** The module as it loads where Uint8Array has no methods for base64, as in Node 22. */
async function withoutMethods(): Promise<typeof import("../../src/wire/base64.ts")> {
  const { toBase64 } = Uint8Array.prototype;
  Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
  try {
    return await import("../../src/wire/base64.ts?old" as "../../src/wire/base64.ts");
  } finally {
    Object.defineProperty(Uint8Array.prototype, "toBase64", {
      value: toBase64,
      writable: true,
      configurable: true,
    });
  }
}

test("bytes come back, and both ways agree", async () => {
  const old = await withoutMethods();
  const property = fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
    const text = toBase64(bytes);
    assert.equal(old.toBase64(bytes), text);
    assert.deepEqual(fromBase64(text), bytes);
    assert.deepEqual(old.fromBase64(text), bytes);
  });
  fc.assert(property, { seed: SEED, numRuns: 200 });
  const long = new Uint8Array(100_000).fill(250);
  assert.equal(old.toBase64(long), toBase64(long));
});

test("no other spelling is taken, in neither way", async () => {
  const old = await withoutMethods();
  const spelling = fc.string({ unit: fc.constantFrom(..."AB/+=_- \n"), maxLength: 9 });
  const property = fc.property(spelling, (text) => {
    const bytes = fromBase64(text);
    assert.deepEqual(old.fromBase64(text), bytes);
    if (bytes !== null) assert.equal(toBase64(bytes), text);
  });
  fc.assert(property, { seed: SEED, numRuns: 2_000 });
});
