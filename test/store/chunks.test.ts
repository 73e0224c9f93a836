import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import { seededRandom } from "../../src/base/random.ts";
import { HeartyError } from "../../src/core/problem.ts";
import {
  CHUNK_BYTES,
  chunkKeys,
  chunkRows,
  chunkWriter,
  readChunks,
} from "../../src/store/chunks.ts";
import type { Bytes, KV } from "../../src/store/kv.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { tupleKey } from "../../src/store/tuple.ts";

const SEED = 20_263;
const keyOf = (index: number) => tupleKey("chunk", index);
const value = seededRandom(SEED).bytes(3 * CHUNK_BYTES + 777);

test("a value comes back whole, however it was cut when it was written", async () => {
  const size = fc.integer({ min: 0, max: 2 * CHUNK_BYTES });
  await fc.assert(
    fc.asyncProperty(fc.array(size, { maxLength: 5 }), async (sizes) => {
      const store = memoryStore();
      const writer = chunkWriter(keyOf);
      let at = 0;
      for (const size of sizes) {
        await store.commit({ puts: writer.write(value.subarray(at, at + size)), deletes: [] });
        at = Math.min(at + size, value.length);
      }
      await store.commit({ puts: writer.end(), deletes: [] });
      assert.equal(writer.bytes, at);
      assert.deepEqual(await read(store, 0, at), value.slice(0, at));
    }),
    { seed: SEED, numRuns: 40 },
  );
});

test("any part of a value is read, in pieces that are never larger than a row", async () => {
  const store = await stored();
  const offset = fc.oneof(
    fc.integer({ min: 0, max: value.length }),
    fc.constantFrom(0, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, value.length),
  );
  await fc.assert(
    fc.asyncProperty(offset, offset, async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      assert.deepEqual(await read(store, from, to), value.slice(from, to));
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test("a reader asks for no more rows at a time than its window holds", async () => {
  const store = await stored();
  const asked: number[] = [];
  const counted: Pick<KV, "getMany"> = {
    getMany(keys) {
      asked.push(keys.length);
      return store.getMany(keys);
    },
  };
  const range = { from: 0, to: value.length, windowBytes: 2 * CHUNK_BYTES };
  const pieces = readChunks(counted, keyOf, range);
  await pieces.next();
  assert.deepEqual(asked, [2], "the second window waits until it is wanted");
  for await (const piece of pieces) assert.ok(piece.length <= CHUNK_BYTES);
  assert.deepEqual(asked, [2, 2]);
});

test("a row that is missing, changed, cut or misplaced is damage, found before its bytes are used", async () => {
  const other = chunkRows(value, keyOf)[2]!.value;
  const replacements: (Bytes | null)[] = [null, new Uint8Array(0), Uint8Array.of(1, 2, 3), other];
  for (const replacement of replacements) {
    const store = await stored();
    const key = keyOf(1);
    await store.commit(
      replacement
        ? { puts: [{ key, value: replacement }], deletes: [] }
        : { puts: [], deletes: [key] },
    );
    await assert.rejects(
      read(store, 0, value.length),
      (error: unknown) => error instanceof HeartyError && error.code === "damaged",
    );
    assert.deepEqual(await read(store, 0, CHUNK_BYTES), value.slice(0, CHUNK_BYTES));
  }
});

test("a value shorter than its record says is damage", async () => {
  const store = await stored();
  await assert.rejects(read(store, 0, value.length + 1), HeartyError);
});

test("the keys of a value are those that its rows have", () => {
  for (const bytes of [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, value.length]) {
    const rows = chunkRows(value.subarray(0, bytes), keyOf);
    assert.deepEqual(chunkKeys(bytes, keyOf), rows.map(({ key }) => key));
  }
});

async function stored(): Promise<KV> {
  const store = memoryStore();
  await store.commit({ puts: chunkRows(value, keyOf), deletes: [] });
  return store;
}

async function read(store: KV, from: number, to: number): Promise<Uint8Array> {
  const whole = new Uint8Array(to - from);
  let at = 0;
  for await (const piece of readChunks(store, keyOf, { from, to })) {
    assert.ok(piece.length > 0 && piece.length <= CHUNK_BYTES);
    whole.set(piece, at);
    at += piece.length;
  }
  assert.equal(at, to - from);
  return whole;
}
