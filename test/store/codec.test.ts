import fc from "fast-check";
import { encode } from "../../src/base/msgpack.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { KindName, LeaseId, PromiseId, SessionId } from "../../src/core/ids.ts";
import { nextPromiseId } from "../../src/core/ids.ts";
import type { Interest } from "../../src/core/interest.ts";
import { combine } from "../../src/core/interest.ts";
import { type KindRecord, NO_SETTINGS } from "../../src/core/kind.ts";
import type { AttemptRecord, JobInput, Life, PromiseRecord } from "../../src/core/promise.ts";
import type { JobError, Priority } from "../../src/core/terms.ts";
import {
  decodeInput,
  decodeItem,
  decodeKind,
  decodePromise,
  encodeInput,
  encodeItem,
  encodeKind,
  encodePromise,
} from "../../src/store/codec.ts";
import { keyOf, offerOf } from "../core/scene.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 20_264;
const ID = nextPromiseId(null, Date.UTC(2026, 0, 1), seededRandom(1));

const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }));
const time = fc.integer({ min: 0, max: 8.64e15 });
const count = fc.oneof(fc.nat(300), fc.maxSafeNat());
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const bytes = fc.uint8Array({ maxLength: 300 });

const interest: fc.Arbitrary<Interest> = fc.record({
  owner: text,
  queue: text,
  priority: fc.nat(9) as fc.Arbitrary<Priority>,
  ttlMs: count,
  timeoutMs: orNull(count),
  attempts: count,
  notBefore: orNull(time),
  deadline: orNull(time),
  since: time,
  isLasting: fc.boolean(),
  holds: count,
});

const attempt: fc.Arbitrary<AttemptRecord> = fc.record({
  attempt: count,
  worker: text,
  startedAt: time,
  endedAt: time,
  outcome: fc.constantFrom("fulfilled", "failed", "cancelled", "timed-out", "lost"),
  message: orNull(text),
});

const error: fc.Arbitrary<JobError> = fc.record({
  reason: fc.constantFrom("failed", "cancelled", "timed-out", "lost"),
  name: text,
  message: text,
  retryable: fc.boolean(),
  detail: orNull(text),
});

const settled = { settledAt: time, expiresAt: time };
const life: fc.Arbitrary<Life> = fc.oneof<fc.Arbitrary<Life>[]>(
  fc.record({
    state: fc.constant("pending"),
    doing: fc.constant("waiting"),
    retryAt: orNull(time),
    isFirst: fc.boolean(),
  }),
  fc.record({
    state: fc.constant("pending"),
    doing: fc.constant("running"),
    lease: text as fc.Arbitrary<LeaseId>,
    session: text as fc.Arbitrary<SessionId>,
    worker: text,
    principal: text,
    since: time,
  }),
  fc.record({
    state: fc.constant("fulfilled"),
    result: fc.record({
      shape: fc.constant("value"),
      type: text,
      bytes: count,
      body: orNull(bytes),
    }),
    ...settled,
  }),
  fc.record({
    state: fc.constant("fulfilled"),
    result: fc.record({ shape: fc.constant("items"), bytes: count }),
    ...settled,
  }),
  fc.record({ state: fc.constant("rejected"), error, reusableUntil: time, ...settled }),
);

const input: fc.Arbitrary<JobInput> = fc.record({
  posted: fc.record({ contentType: text, body: bytes }),
  run: fc.record({ contentType: text, body: bytes, isValue: fc.boolean() }),
});

const record: fc.Arbitrary<PromiseRecord> = fc.record({
  id: fc.constant(ID),
  kind: text as fc.Arbitrary<KindName>,
  version: text,
  key: text.map(keyOf),
  createdAt: time,
  inputType: text,
  inputBytes: count,
  input: orNull(input),
  traceparent: orNull(text),
  interests: fc.array(interest, { maxLength: 4 }),
  wishes: interest.map((one) => combine([one])),
  queue: text,
  tags: fc.array(text, { maxLength: 4 }),
  attempt: count,
  spent: count,
  losses: count,
  dropped: count,
  items: count,
  itemBytes: count,
  chunks: count,
  chunkBytes: count,
  startedAt: orNull(time),
  history: fc.array(attempt, { maxLength: 4 }),
  revision: count,
  life,
});

test("every record comes back as it was", () => {
  fc.assert(
    fc.property(record, (record) => {
      // The clone has ordinary prototypes, which generated objects have not.
      assert.deepEqual(decodePromise(ID, encodePromise(record)), structuredClone(record));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("an input comes back as it was posted and as the worker gets it, and equal bytes are stored once", () => {
  fc.assert(
    fc.property(bytes, bytes, text, text, fc.boolean(), (posted, changed, type, other, isValue) => {
      const plain = { contentType: type, body: posted };
      for (const run of [{ ...plain, isValue }, { contentType: other, body: changed, isValue }]) {
        const payload = encodeInput({ posted: plain, run });
        assert.deepEqual(decodeInput(payload), { posted: plain, run });
      }
      const same = encodeInput({ posted: plain, run: { ...plain, isValue } });
      assert.ok(same.length <= posted.length + 4 * type.length + 30);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("an item comes back as it was", () => {
  fc.assert(
    fc.property(text, bytes, (contentType, body) => {
      assert.deepEqual(decodeItem(encodeItem({ contentType, body })), { contentType, body });
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("a kind comes back as it was", () => {
  const kind: KindRecord = {
    kind: "price" as KindName,
    versions: [
      offerOf("price" as KindName),
      offerOf("price" as KindName, { version: "2", inputSchema: "{}", ttlMs: 5, attempts: 3 }),
    ],
    current: "2",
    isDefined: true,
    patched: { ...NO_SETTINGS, timeoutMs: 1, isPaused: true, maxRunning: 7 },
    revision: 9,
  };
  assert.deepEqual(decodeKind(encodeKind(kind)), kind);
});

test("whatever bytes are read give a value or null, and never an exception", () => {
  const decoders = [
    (payload: Uint8Array) => decodePromise(ID, payload),
    decodeInput,
    decodeItem,
    decodeKind,
  ];
  const value = fc.anything().map((one) => {
    try {
      return encode(one);
    } catch {
      // Not everything can be encoded; then the bytes of nothing do.
      return encode(null);
    }
  });
  fc.assert(
    fc.property(fc.oneof(bytes, value), (payload) => {
      for (const decode of decoders) {
        const read = decode(payload);
        assert.ok(read === null || typeof read === "object");
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test("a record with a member missing or of another type is none", () => {
  fc.assert(
    fc.property(record, fc.nat(24), (record, cut) => {
      const whole = encodePromise(record);
      assert.equal(decodePromise(ID as PromiseId, whole.subarray(0, whole.length - 1 - cut)), null);
    }),
    { seed: SEED, numRuns: 100 },
  );
});
