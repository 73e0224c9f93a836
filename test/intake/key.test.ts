import { createHash } from "node:crypto";
import fc from "fast-check";
import { z } from "zod";
import { decodeUtf8, encodeUtf8, fromHex } from "../../src/base/bytes.ts";
import { encode } from "../../src/base/msgpack.ts";
import { parseKindName } from "../../src/core/ids.ts";
import type { Refusal } from "../../src/core/problem.ts";
import { defineJob } from "../../src/intake/define-job.ts";
import { identify, identifyLarge, type Identity } from "../../src/intake/key.ts";
import type { Posting } from "../../src/intake/posting.ts";
import type { KindView } from "../../src/intake/schema.ts";
import { assert, describe, test } from "../harness/test.ts";

const kind = parseKindName("price")!;

/** A kind of which nothing is known. */
const anything: KindView = {
  kind,
  version: "1",
  definition: null,
  inputSchema: null,
  outputSchema: null,
};

function ofWorker(schema: unknown): KindView {
  return { ...anything, inputSchema: JSON.stringify(schema) };
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function post(body: Uint8Array | string, more: Partial<Posting> = {}): Posting {
  const bytes = typeof body === "string" ? encodeUtf8(body) : body;
  return {
    kind,
    contentType: "application/json",
    body: bytes,
    explicitKey: null,
    owner: "ann",
    ...more,
  };
}

function pack(bytes: Uint8Array | string): Posting {
  const body = typeof bytes === "string" ? fromHex(bytes.replaceAll(" ", ""))! : bytes;
  return post(body, { contentType: "application/msgpack" });
}

const faults: unknown[] = [];
const tools = { sha256, onFault: (error: unknown) => void faults.push(error) };

function identityOf(posting: Posting, view: KindView = anything): Identity {
  const identity = identify(posting, view, tools);
  assert.ok(!("refused" in identity), JSON.stringify(identity));
  return identity;
}

function keyOf(posting: Posting, view: KindView = anything): string {
  return identityOf(posting, view).key;
}

function refusalOf(posting: Posting, view: KindView = anything): Refusal {
  const refusal = identify(posting, view, tools);
  assert.ok("refused" in refusal, JSON.stringify(posting));
  return refusal;
}

function ran(identity: Identity): readonly [boolean, string, string] {
  return [identity.run.isValue, identity.run.contentType, decodeUtf8(identity.run.body)!];
}

describe("the key of an input", () => {
  test("is a SHA-256", () => {
    assert.match(keyOf(post("1")), /^sha256:[0-9a-f]{64}$/);
  });

  test("is one for all spellings of one JSON value", () => {
    const spellings = [
      '{"a":100,"b":[1.5,"é"],"c":null}',
      '{ "c":null, "b":[15e-1,"\\u00e9"], "a":1E2 }',
      '\n{"b" : [1.50, "\\u00E9"],\t"a":100.0,"c":null}\r\n',
    ];
    for (const spelling of spellings) {
      assert.equal(keyOf(post(spelling)), keyOf(post(spellings[0]!)));
    }
    assert.equal(
      keyOf(post("1", { contentType: "application/json; charset=utf-8" })),
      keyOf(post("1")),
    );
  });

  test("is one for equal values and differs for others, as JSON and as MessagePack", () => {
    const value = fc.jsonValue({ maxDepth: 3 }).filter((original) =>
      !JSON.stringify(original).includes('"__proto__":')
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
        assert.equal(keyOf(pack(encode(JSON.parse(textA)))), keyOf(post(textA)));
        assert.equal(
          keyOf(post(textA)) === keyOf(post(textB)),
          isSame(JSON.parse(textA), JSON.parse(textB)),
        );
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("differs with what a double would round", () => {
    const integers = [
      "9007199254740992",
      "9007199254740993",
      "9007199254740994",
      "18446744073709551615",
      "18446744073709551616",
    ];
    assert.equal(
      new Set(integers.map((text) => keyOf(post(`{"n":${text}}`)))).size,
      integers.length,
    );
    const packed = [
      "cf0020000000000000",
      "cf0020000000000001",
      "cf0020000000000002",
      "cfffffffffffffffff",
    ];
    assert.equal(new Set(packed.map((bytes) => keyOf(pack(bytes)))).size, packed.length);
    assert.equal(keyOf(pack("cf0020000000000000")), keyOf(post("9007199254740992")));
  });

  test("differs with the kind, its version, and how the bytes are to be read", () => {
    const other = { ...anything, kind: parseKindName("cost")! };
    const keys = [
      keyOf(post("1")),
      keyOf(post("1"), other),
      keyOf(post("1"), { ...anything, version: "2" }),
      keyOf(post("1", { contentType: "text/plain" })),
      keyOf(post("1", { contentType: "text/plain;charset=utf-8" })),
      keyOf(post("1", { contentType: "" })),
      keyOf(post("1", { contentType: "application/geo+json" })),
      keyOf(post("1", { contentType: "application/json;profile=x" })),
      keyOf(post('"1"')),
      keyOf(post("9007199254740993")),
      keyOf(post("9007199254740993", { contentType: "text/plain" })),
      keyOf(post("9007199254740993", { contentType: "application/geo+json" })),
      keyOf(pack("c40101")),
      keyOf(pack("d40101")),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });

  test("does not differ with the spelling of the media type", () => {
    const text = (contentType: string) => keyOf(post("a", { contentType }));
    assert.equal(text("text/plain;charset=UTF-8;x=1"), text('Text/Plain; X="1"; charset=utf-8'));
    const geo = (body: string, contentType: string) => keyOf(post(body, { contentType }));
    assert.equal(
      geo('{"a":1,"b":2}', "application/geo+json"),
      geo('{"b":2,"a":1}', "Application/Geo+JSON; charset=utf-8"),
    );
    assert.equal(
      keyOf(pack("c40101")),
      keyOf(post(fromHex("c40101")!, { contentType: "application/x-msgpack" })),
    );
    assert.equal(text(""), text("application/octet-stream"));
  });
});

describe("what the worker gets", () => {
  test("is the posted JSON itself, byte for byte", () => {
    const posting = post(' {"b":1.50, "a":-0}');
    const { run, value } = identityOf(posting);
    assert.equal(run.body, posting.body);
    assert.deepEqual([run.isValue, run.contentType, value], [true, "application/json", undefined]);
    assert.deepEqual(
      ran(identityOf(post("1", { contentType: "application/json; charset=UTF-8" }))),
      [true, "application/json", "1"],
    );
  });

  test("is JSON for MessagePack that JSON can say", () => {
    assert.deepEqual(ran(identityOf(pack(encode({ b: [1, "x"], a: null })))), [
      true,
      "application/json",
      '{"b":[1,"x"],"a":null}',
    ]);
  });

  test("is the posted bytes where JSON or doubles cannot say them", () => {
    const cases = [
      post('{"n":9007199254740993}'),
      pack("81 a161 c40101"),
      pack("cb7ff8000000000000"),
      pack("81 01 02"),
      post("a", { contentType: "text/x" }),
    ];
    for (const posting of cases) {
      const { run } = identityOf(posting);
      assert.equal(run.body, posting.body);
      assert.deepEqual([run.isValue, run.contentType], [false, posting.contentType]);
    }
    assert.deepEqual(ran(identityOf(post("", { contentType: "text/plain" }))), [
      false,
      "application/octet-stream",
      "",
    ]);
  });
});

describe("an input is refused", () => {
  test("with 422, naming the place, when it is not what its type says", () => {
    const cases: readonly [Posting, readonly (string | number)[]][] = [
      [post(""), []],
      [post("{"), []],
      [post("1 2"), []],
      [post("\ufeff1"), []],
      [post('{"a":1,"b":{"c":[1e400]}}'), ["b", "c", 0]],
      [post('[{"a":1,"\\u0061":2}]'), [0, "a"]],
      [post('{"a":9007199254740993,"b":1,"b":2}'), ["b"]],
      [post('["\\udc00"]'), [0]],
      [post(Uint8Array.of(0x22, 0xff, 0x22)), []],
      [post("[".repeat(1_001) + "]".repeat(1_001)), Array.from({ length: 1_000 }, () => 0)],
      [pack("81 a161 92 00 c1"), ["a", 1]],
      [pack("82 a161 01 a161 01"), ["a"]],
      [pack("01 02"), []],
      [pack("a2 fffe"), []],
      [pack("dd 05f5e100"), []],
    ];
    for (const [posting, path] of cases) {
      const { refused, errors, detail } = refusalOf(posting);
      assert.equal(refused, "invalid-input");
      assert.deepEqual(errors?.[0]?.path, path);
      assert.match(detail, /^Cannot take input of kind "price"/);
    }
    for (const depth of [10_000, 1_000_000]) {
      assert.equal(refusalOf(post("[".repeat(depth))).refused, "invalid-input");
    }
  });

  test("when its media type is malformed or of another charset", () => {
    assert.equal(refusalOf(post("1", { contentType: "nonsense" })).refused, "invalid-parameter");
    assert.equal(
      refusalOf(post("1", { contentType: "application/json;charset=utf-16" })).refused,
      "unsupported-media-type",
    );
  });

  test("with every mistake, when it breaks the kind's schema", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "number" }, b: { type: "string" } },
      required: ["c"],
    };
    const { refused, errors } = refusalOf(post('{"a":"x","b":1}'), ofWorker(schema));
    assert.equal(refused, "invalid-input");
    assert.deepEqual(errors?.map(({ path }) => path.join(".")), ["c", "a", "b"]);
  });

  test("without telling the client all of a long name again", () => {
    const refusal = refusalOf(post(`{"${"x".repeat(1_000_000)}":nul}`));
    assert.ok(JSON.stringify(refusal).length < 2_000);
  });

  test("when a schema cannot check it", () => {
    const view = ofWorker({});
    assert.equal(
      refusalOf(post("1", { contentType: "image/png" }), view).refused,
      "unsupported-media-type",
    );
    assert.equal(refusalOf(post("", { contentType: "" }), view).refused, "unsupported-media-type");
    for (
      const posting of [
        post("[9007199254740993]"),
        pack("91 c40101"),
        pack("91 cb7ff8000000000000"),
      ]
    ) {
      const { refused, errors } = refusalOf(posting, view);
      assert.equal(refused, "invalid-input");
      assert.deepEqual(errors?.[0]?.path, [0]);
    }
    assert.equal(identityOf(post("[9007199254740992]"), view).run.isValue, true);
  });
});

describe("a kind with a schema", () => {
  const schema = { properties: { n: { type: "integer", default: 5 } }, required: ["id"] };

  test("has one job for a default spelled out and a default left out, and workers get it", () => {
    const zod = defineJob({
      kind: "price",
      input: z.looseObject({ id: z.number(), n: z.int().default(5) }),
    });
    for (const view of [ofWorker(schema), { ...anything, definition: zod }]) {
      const without = identityOf(post('{"id":1}'), view);
      const spelledOut = identityOf(post('{ "n":5.0, "id":1 }'), view);
      assert.equal(without.key, spelledOut.key);
      assert.equal(identityOf(pack(encode({ id: 1 })), view).key, without.key);
      assert.deepEqual(ran(without), [true, "application/json", '{"id":1,"n":5}']);
      assert.deepEqual(ran(spelledOut), ran(without));
      assert.deepEqual(without.value, { id: 1, n: 5 });
      assert.notEqual(keyOf(post('{"id":1,"n":6}'), view), without.key);
      // A member that the schema does not name counts.
      assert.notEqual(keyOf(post('{"id":1,"x":0}'), view), without.key);
    }
  });

  test("takes JSON of other names, which count", () => {
    const view = ofWorker(schema);
    const geo = identityOf(post('{"id":1}', { contentType: "application/geo+json" }), view);
    assert.deepEqual(ran(geo), [true, "application/geo+json", '{"id":1,"n":5}']);
    assert.notEqual(geo.key, keyOf(post('{"id":1}'), view));
  });

  test("may make other values of the input than JSON has, as long as JSON can say them", () => {
    const date = defineJob({ kind: "price", input: z.object({ day: z.coerce.date() }) });
    const identity = identityOf(post('{"day":"2026-11-24"}'), { ...anything, definition: date });
    assert.equal(ran(identity)[2], '{"day":"2026-11-24T00:00:00.000Z"}');
    assert.ok((identity.value as { day: unknown }).day instanceof Date);
  });
});

describe("the functions of a kind", () => {
  const rounding = defineJob({
    kind: "price",
    input: z.object({ amount: z.number(), day: z.string() }),
    key: ({ amount }) => String(Math.round(amount)),
    tags: ({ day }) => [`prices:${day}`, `prices:${day}`],
  });
  const view: KindView = { ...anything, definition: rounding };

  test("say what is one job, for every owner", () => {
    const a = identityOf(post('{"amount":1.2,"day":"1"}'), view);
    const b = identityOf(post('{"amount":0.9,"day":"2"}', { owner: "bob" }), view);
    assert.equal(a.key, b.key);
    assert.deepEqual([a.tags, b.tags], [["prices:1"], ["prices:2"]]);
    assert.notEqual(keyOf(post('{"amount":2,"day":"1"}'), view), a.key);
    assert.notEqual(keyOf(post("1")), a.key);
  });

  test("get the parsed JSON, or bytes, where there is no schema", () => {
    const seen: unknown[] = [];
    const definition = defineJob({ kind: "price", tags: (input) => (seen.push(input), []) });
    const plain: KindView = { ...anything, definition };
    identityOf(post('{"a":1}'), plain);
    identityOf(post("x", { contentType: "text/plain" }), plain);
    assert.deepEqual(seen, [{ a: 1 }, encodeUtf8("x")]);
    assert.equal(keyOf(post('{"a":1}'), plain), keyOf(post('{"a":1}')));
  });

  test("and schemas that fail refuse with 422, tell the server why, and the client nothing", () => {
    const fail = (): never => {
      throw new Error("secret");
    };
    const broken = [
      defineJob({ kind: "price", input: z.unknown().refine(fail) }),
      defineJob({ kind: "price", input: z.unknown().refine(() => Promise.resolve(true)) }),
      defineJob({ kind: "price", input: z.unknown().transform(() => new Map([["a", 1]])) }),
      defineJob({ kind: "price", key: fail }),
      defineJob({ kind: "price", tags: fail }),
      defineJob({ kind: "price", tags: () => ["a b"] }),
      defineJob({ kind: "price", tags: () => Array.from({ length: 17 }, (_, i) => `${i}`) }),
      defineJob({ kind: "price", key: (() => 5) as unknown as () => string }),
    ];
    faults.length = 0;
    for (const definition of broken) {
      const refusal = refusalOf(post("1"), { ...anything, definition });
      assert.equal(refusal.refused, "invalid-input");
      assert.ok(!JSON.stringify(refusal).includes("secret"));
    }
    assert.equal(faults.length, broken.length);
  });
});

describe("an explicit key", () => {
  const keyed = (explicitKey: string, more: Partial<Posting> = {}) =>
    post("1", { explicitKey, ...more });

  test("stands for the input, within kind, version and owner", () => {
    const key = keyOf(keyed("k"));
    assert.equal(keyOf(keyed("k", { body: encodeUtf8("2") })), key);
    const others = [
      keyOf(keyed("K")),
      keyOf(keyed("k", { owner: "bob" })),
      keyOf(keyed("k"), { ...anything, kind: parseKindName("cost")! }),
      keyOf(keyed("k"), { ...anything, version: "2" }),
      keyOf(post('"k"')),
    ];
    assert.equal(new Set([key, ...others]).size, others.length + 1);
  });

  test("reaches no promise of another space, whatever it spells", () => {
    const byInput = keyOf(post("1"));
    const definition = defineJob({ kind: "price", key: () => "k" });
    const byKind = keyOf(post("1"), { ...anything, definition });
    const planted = [byInput, "k", '["hearty-key-1","json","price","1",null]\n1', 'k","x'].map((
      text,
    ) => keyOf(keyed(text)));
    assert.equal(new Set([byInput, byKind, ...planted]).size, planted.length + 2);
    assert.notEqual(keyOf(keyed("b", { owner: 'ann","a' })), keyOf(keyed('a","b')));
  });

  test("goes before the kind's own, whose tags still hold", () => {
    const definition = defineJob({ kind: "price", key: () => "k", tags: () => ["t"] });
    const identity = identityOf(keyed("mine"), { ...anything, definition });
    assert.equal(identity.key, keyOf(keyed("mine")));
    assert.deepEqual(identity.tags, ["t"]);
  });

  test("is any text of 1 to 512 bytes", () => {
    for (const text of ["x".repeat(512), "é".repeat(256), "\0", " ", "🙂"]) keyOf(keyed(text));
    for (const text of ["", "x".repeat(513), "é".repeat(257), "\ud800", "x".repeat(65_536)]) {
      const { refused, parameter } = refusalOf(keyed(text));
      assert.deepEqual([refused, parameter], ["invalid-parameter", "key"]);
    }
  });

  test("does not make a wrong input right", () => {
    assert.equal(refusalOf(keyed("k", { body: encodeUtf8("{") })).refused, "invalid-input");
    assert.equal(refusalOf(keyed("k"), ofWorker({ type: "string" })).refused, "invalid-input");
  });
});

describe("a large input", () => {
  test("is the same job in pieces as at once", async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i) => ({ id: i, rate: i / 7, name: `né ${i}` }),
    );
    let pauses = 0;
    const large = {
      ...tools,
      digest: (data: Uint8Array) => Promise.resolve(sha256(data)),
      pause: () => Promise.resolve(void pauses++),
    };
    const postings = [
      post(JSON.stringify(rows)),
      pack(encode(rows)),
      pack(encode([...rows, Uint8Array.of(1)])),
      post(JSON.stringify(rows), { explicitKey: "k" }),
      post(JSON.stringify(rows), { contentType: "text/plain" }),
      post(`${JSON.stringify(rows)}x`),
    ];
    for (const posting of postings) {
      for (const view of [anything, ofWorker({ items: { properties: { n: { default: 1 } } } })]) {
        assert.deepEqual(await identifyLarge(posting, view, large), identify(posting, view, tools));
      }
    }
    assert.ok(pauses > 50);
  });
});

function isSame(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(unsigned(a), unsigned(b));
    return true;
  } catch {
    return false;
  }
}

/** Zero has no sign in canonical JSON. */
function unsigned(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
