import { assert, test } from "../harness/test.ts";
import { StoreError } from "../../src/store/kv.ts";
import { openStore } from "../../src/store/open.ts";

test("memory opens a store in memory", async () => {
  const store = await openStore("memory");
  const key = Uint8Array.of(1);
  await store.commit({ puts: [{ key, value: key }], deletes: [] });
  assert.deepEqual(await store.get(key), key);
  await store.close();
});

test("any other kind of store is refused, and its password is not told", async () => {
  for (const spec of ["", "disk", "file:", "redis://user:geheim@host/1", "Memory"]) {
    await assert.rejects(openStore(spec), (error: unknown) => {
      assert.ok(error instanceof StoreError && error.code === "unavailable");
      assert.match(error.message, /wanted memory or file:PATH$/);
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    });
  }
});
