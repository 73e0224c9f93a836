// Holds a store to a simple model: the same random operations on both must give the same answers.

import { compareBytes } from "../base/bytes.ts";
import { seededRandom } from "../base/random.ts";
import { ALL, rejects, row, same, text, within } from "./contract-checks.ts";
import type { Bytes, KV, Row } from "./kv.ts";

/** Does random operations on an empty store, and fails at the first that answers otherwise than the model. */
export async function compareWithModel(store: KV, operations: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random.unit() * limit);
  // Few keys, of few letters: they collide, and some begin others.
  const key = () => Uint8Array.from({ length: 1 + below(4) }, () => [0, 7, 128, 255][below(4)]!);
  let model: Row[] = [];
  const modelGet = (key: Bytes) => model.find((r) => compareBytes(r.key, key) === 0)?.value ?? null;

  for (let i = 0; i < operations; i++) {
    const at = `operation ${i} of seed ${seed}`;
    const choice = below(10);
    if (choice < 5) {
      const keys = distinct(Array.from({ length: below(8) }, key));
      const puts = keys.filter((_, n) => n % 3 !== 2).map((k) => row(k, random.bytes(below(40))));
      const deletes = keys.filter((_, n) => n % 3 === 2);
      const clear = { from: key(), to: key() };
      const clears = below(4) === 0 ? [clear] : [];
      const guard = key();
      const isMet = below(8) > 0;
      const value = isMet ? modelGet(guard) : text("never a random value of this length, for sure");
      const commit = store.commit({
        puts,
        deletes,
        clears,
        preconditions: [{ key: guard, value }],
      });
      if (!isMet) {
        await rejects(commit, "precondition");
        continue;
      }
      await commit;
      const cleared = clears.flatMap((range) => within(model, range));
      const touched = (r: Row) =>
        cleared.includes(r) || keys.some((k) => compareBytes(k, r.key) === 0);
      model = [...model.filter((r) => !touched(r)), ...puts];
      model.sort((a, b) => compareBytes(a.key, b.key));
    } else if (choice < 7) {
      const keys = Array.from({ length: below(5) }, key);
      same(await store.getMany(keys), keys.map(modelGet), at);
    } else if (choice < 8) {
      const one = key();
      same(await store.get(one), modelGet(one), at);
    } else {
      const range = { from: key(), to: key() };
      const [limit, reverse] = [1 + below(20), below(2) === 0];
      const wanted = within(model, range);
      if (reverse) wanted.reverse();
      same(await store.list(range, { limit, reverse }), wanted.slice(0, limit), at);
    }
  }
  same(await store.list(ALL), model, `the end of seed ${seed}`);
}

function distinct(keys: readonly Bytes[]): Bytes[] {
  return [...new Map(keys.map((key) => [key.join(), key])).values()];
}
