// The suite that every backend must pass, as data: our own backends run it in test/contract/store.test.ts, and
// whoever writes another can hold it to the same. It uses no test runner: a case that fails rejects.

import { assert } from "../base/assert.ts";
import { seededRandom } from "../base/random.ts";
import { ALL, number, numberOf, put, rejects, row, same, text, within } from "./contract-checks.ts";
import { compareWithModel } from "./contract-model.ts";
import type { Bytes, KV } from "./kv.ts";

/** What a backend shows of itself to the suite. */
export interface StoreSubject {
  /** A fresh and empty store; the case closes it. */
  open(): Promise<KV>;
  /** Opens what a closed store of `open` has left; null if a store dies when it is closed. */
  readonly reopen: ((closed: KV) => Promise<KV>) | null;
}

/** One promise of the KV interface; `run` rejects if the backend breaks it. */
export interface StoreCase {
  /** The promise, as a sentence. */
  readonly name: string;
  run(subject: StoreSubject): Promise<void>;
}

/**
 * The cases of the contract.
 *
 * @example
 * ```ts
 * import { storeContract } from "./contract.ts";
 * import { memoryStore } from "./memory.ts";
 *
 * const subject = { open: () => Promise.resolve(memoryStore()), reopen: null };
 * for (const { run } of storeContract) await run(subject);
 * ```
 */
export const storeContract: readonly StoreCase[] = [
  onFresh("an empty store has no row", async (store) => {
    same(await store.get(text("a")), null);
    same(await store.getMany([text("a"), text("b")]), [null, null]);
    same(await store.list(ALL), []);
  }),

  onFresh("a put row is read back, replaced and deleted", async (store) => {
    await put(store, "a", "1");
    same(await store.get(text("a")), text("1"));
    await put(store, "a", "2, and longer");
    same(await store.get(text("a")), text("2, and longer"));
    await store.commit({ puts: [], deletes: [text("a"), text("never there")] });
    same(await store.get(text("a")), null);
  }),

  onFresh("a batch that asks for nothing resolves", async (store) => {
    await store.commit({ puts: [], deletes: [] });
    same(await store.list(ALL), []);
  }),

  onFresh("one batch puts and deletes many rows", async (store) => {
    const rows = Array.from({ length: 5_000 }, (_, i) => row(number(i), number(i)));
    await store.commit({ puts: rows, deletes: [] });
    same(await store.list(ALL, { limit: 6_000 }), rows);
    const [kept, gone] = [rows.slice(0, 10), rows.slice(10)];
    const more = row(text("z"), text("z"));
    await store.commit({ puts: [more], deletes: gone.map(({ key }) => key) });
    same(await store.list(ALL), [...kept, more]);
  }),

  onFresh("a batch clears ranges before it puts", async (store) => {
    const rows = Array.from({ length: 1_500 }, (_, i) => row(number(i), text("old")));
    await store.commit({ puts: rows, deletes: [] });
    const puts = [row(number(700), text("new")), row(number(5_000), text("new"))];
    const clears = [
      { from: number(10), to: number(1_490) },
      { from: number(1_499), to: number(9_000) },
      { from: number(5), to: number(5) },
      { from: number(9), to: number(8) },
    ];
    await store.commit({ puts, deletes: [number(0)], clears });
    const kept = [...rows.slice(1, 10), puts[0]!, ...rows.slice(1_490, 1_499), puts[1]!];
    same(await store.list(ALL), kept);
    const preconditions = [{ key: number(1), value: null }];
    await rejects(
      store.commit({ puts: [], deletes: [], clears: [ALL], preconditions }),
      "precondition",
    );
    same(await store.list(ALL), kept);
    await store.commit({ puts: [], deletes: [], clears: [ALL] });
    same(await store.list(ALL), []);
  }),

  onFresh("keys sort as unsigned bytes, a key before those it begins", async (store) => {
    const keys = [[0], [0, 0], [0, 255], [1], [127], [127, 255], [128], [255], [255, 0]];
    const rows = keys.map((key) => row(Uint8Array.from(key), Uint8Array.from(key)));
    await store.commit({ puts: rows.toReversed(), deletes: [] });
    same(await store.list({ from: new Uint8Array(0), to: Uint8Array.of(255, 255) }), rows);
  }),

  onFresh("getMany answers in the order asked for", async (store) => {
    await store.commit({
      puts: ["a", "b", "c"].map((t) => row(text(t), text(t + t))),
      deletes: [],
    });
    const asked = ["c", "x", "a", "c"].map(text);
    same(await store.getMany(asked), [text("cc"), null, text("aa"), text("cc")]);
    same(await store.getMany([]), []);
  }),

  onFresh("list holds `from`, leaves out `to`, and turns round", async (store) => {
    const rows = Array.from({ length: 30 }, (_, i) => row(number(2 * i), text(`${i}`)));
    await store.commit({ puts: rows, deletes: [] });
    for (const [from, to] of [[10, 20], [11, 21], [0, 59], [58, 60], [20, 20], [21, 22]] as const) {
      const range = { from: number(from), to: number(to) };
      const wanted = within(rows, range);
      same(await store.list(range), wanted);
      same(await store.list(range, { reverse: true }), wanted.toReversed());
      same(await store.list(range, { limit: 3 }), wanted.slice(0, 3));
      same(await store.list(range, { limit: 3, reverse: true }), wanted.toReversed().slice(0, 3));
    }
    same(await store.list({ from: number(20), to: number(10) }), []);
    same(await store.list(ALL, { limit: 0 }), []);
  }),

  onFresh("list ends with the row that brings it to so many bytes", async (store) => {
    const rows = Array.from({ length: 5 }, (_, i) => row(number(i), new Uint8Array(100)));
    await store.commit({ puts: rows, deletes: [] });
    const rowBytes = rows[0]!.key.length + 100;
    for (const [bytesMax, count] of [[1, 1], [rowBytes, 1], [rowBytes + 1, 2], [1e6, 5]] as const) {
      same(await store.list(ALL, { bytesMax }), rows.slice(0, count));
      same(
        await store.list(ALL, { bytesMax, reverse: true }),
        rows.toReversed().slice(0, count),
      );
    }
    same(await store.list(ALL, { bytesMax: 1e6, limit: 2 }), rows.slice(0, 2));
  }),

  onFresh("list answers 1,000 rows where no limit is given", async (store) => {
    const rows = Array.from({ length: 1_001 }, (_, i) => row(number(i), text("x")));
    await store.commit({ puts: rows, deletes: [] });
    same(await store.list(ALL), rows.slice(0, 1_000));
    same(await store.list(ALL, { reverse: true }), rows.slice(1).toReversed());
    same(await store.list(ALL, { limit: 2_000 }), rows);
  }),

  onFresh("an empty value is not a missing row", async (store) => {
    const empty = new Uint8Array(0);
    await store.commit({ puts: [row(text("a"), empty)], deletes: [] });
    same(await store.get(text("a")), empty);
    same(await store.list(ALL), [row(text("a"), empty)]);
    const preconditions = [{ key: text("a"), value: empty }];
    await store.commit({ puts: [row(text("b"), empty)], deletes: [], preconditions });
    same(await store.getMany([text("a"), text("b")]), [empty, empty]);
  }),

  onFresh("large keys and values are whole", async (store) => {
    const random = seededRandom(7);
    const rows = [1_000, 4_096, 70_000, 3_000_000].map((length, i) =>
      row(Uint8Array.of(i, ...random.bytes(2_000)), random.bytes(length))
    );
    await store.commit({ puts: rows, deletes: [] });
    same(await store.list(ALL), rows);
    for (const { key, value } of rows) same(await store.get(key), value);
  }),

  onFresh("arrays that are views of larger buffers count as what they show", async (store) => {
    const buffer = Uint8Array.of(9, 9, 1, 2, 3, 9, 9, 9, 4, 5, 9);
    const [key, value] = [buffer.subarray(2, 5), buffer.subarray(8, 10)];
    await store.commit({
      puts: [row(key, value)],
      deletes: [],
      preconditions: [{ key, value: null }],
    });
    same(await store.get(Uint8Array.of(1, 2, 3)), Uint8Array.of(4, 5));
    same(await store.list(ALL), [row(Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5))]);
  }),

  onFresh("a batch is done only if all of its preconditions hold", async (store) => {
    await put(store, "epoch", "1");
    const [holds, fails] = [text("1"), text("2")];
    const write = (values: readonly (Bytes | null)[]) =>
      store.commit({
        puts: [row(text("a"), text("a"))],
        deletes: [text("epoch")],
        preconditions: values.map((value) => ({ key: text("epoch"), value })),
      });
    for (const values of [[fails], [null], [holds, fails], [text("")], [text("11")]]) {
      await rejects(write(values), "precondition");
      same(await store.list(ALL), [row(text("epoch"), holds)]);
    }
    await write([holds]);
    same(await store.list(ALL), [row(text("a"), text("a"))]);
    await rejects(write([holds]), "precondition");
    await write([null]);
  }),

  onFresh("a precondition sees the batches before it", async (store) => {
    const swap = (from: string | null, to: string) =>
      store.commit({
        puts: [row(text("a"), text(to))],
        deletes: [],
        preconditions: [{ key: text("a"), value: from === null ? null : text(from) }],
      });
    await Promise.all([swap(null, "1"), swap("1", "2"), swap("2", "3")]);
    same(await store.get(text("a")), text("3"));
  }),

  onFresh("batches become durable in the order of the calls", async (store) => {
    const resolved: number[] = [];
    const count = 300;
    const commits = Array.from({ length: count }, async (_, i) => {
      const puts = [row(text("last"), number(i)), row(text(`batch ${i}`), number(i))];
      await store.commit({ puts, deletes: [] });
      resolved.push(i);
    });
    await Promise.all(commits);
    same(resolved, Array.from({ length: count }, (_, i) => i));
    same(await store.get(text("last")), number(count - 1));
    same((await store.list(ALL)).length, count + 1);
  }),

  onFresh(
    "a batch that fails takes those behind it along, and none that comes later",
    async (store) => {
      const preconditions = [{ key: text("b"), value: text("never") }];
      const before = put(store, "a", "1");
      const failing = store.commit({
        puts: [row(text("b"), text("1"))],
        deletes: [],
        preconditions,
      });
      const behind = [put(store, "c", "1"), put(store, "d", "1")];
      await Promise.all([
        before,
        rejects(failing, "precondition"),
        ...behind.map((commit) => rejects(commit, "unavailable")),
      ]);
      same(await store.list(ALL), [row(text("a"), text("1"))]);
      await put(store, "c", "2");
      same(await store.list(ALL), [row(text("a"), text("1")), row(text("c"), text("2"))]);
    },
  ),

  onFresh(
    "a read sees every batch that resolved before, and never a part of one",
    async (store) => {
      let done = 0;
      const writers = Array.from({ length: 100 }, async (_, i) => {
        const puts = ["a", "m", "z"].map((key) => row(text(key), number(i + 1)));
        await store.commit({ puts, deletes: [] });
        done = i + 1;
        const known = done;
        const [a, m, z] = (await store.list(ALL)).map(({ value }) => numberOf(value));
        assert(a === m && m === z, "a list shows no part of a batch");
        assert(a! >= known, "a list sees what resolved before");
        assert(numberOf((await store.get(text("m")))!) >= a!, "a read does not go back");
      });
      await Promise.all(writers);
    },
  ),

  onFresh("a snapshot does not change", async (store) => {
    const rows = Array.from({ length: 600 }, (_, i) => row(number(i), text("old")));
    await store.commit({ puts: rows, deletes: [] });
    const first = await store.snapshot();
    const changed = rows.slice(0, 300).map(({ key }) => row(key, text("new")));
    const puts = [...changed, row(text("more"), text("new"))];
    await store.commit({ puts, deletes: rows.slice(500).map(({ key }) => key) });
    const second = await store.snapshot();
    await store.commit({ puts: [], deletes: puts.map(({ key }) => key) });

    same(await first.list(ALL), rows);
    same(await first.list(ALL, { limit: 2, reverse: true }), rows.toReversed().slice(0, 2));
    same(await first.get(text("more")), null);
    same(await first.get(number(599)), text("old"));
    same(await second.list(ALL, { limit: 300 }), changed);
    same(await second.get(text("more")), text("new"));
    same(await store.list(ALL), rows.slice(300, 500));
    await first.close();
    await first.close();
    await rejects(first.get(number(1)), "closed");
    await rejects(first.list(ALL), "closed");
    same(await second.get(number(599)), null);
    await second.close();
  }),

  onFresh("1,000 random operations answer as a simple model does", async (store) => {
    await compareWithModel(store, 1_000, 20_262);
  }),

  onFresh("size grows with what is stored", async (store) => {
    const before = await store.size();
    const value = seededRandom(1).bytes(500_000);
    await store.commit({ puts: [row(text("a"), value), row(text("b"), value)], deletes: [] });
    const { bytes, freeBytes } = await store.size();
    assert(before.bytes >= 0 && bytes >= before.bytes + 900_000, "size counts what was put");
    assert(freeBytes === null || freeBytes >= 0, "free room is not negative");
    await store.commit({ puts: [], deletes: [text("a")] });
    assert((await store.size()).bytes <= bytes - 450_000, "size counts what was deleted");
  }),

  onFresh("a closed store refuses every call and may be closed again", async (store) => {
    await put(store, "a", "1");
    const snapshot = await store.snapshot();
    await Promise.all([store.close(), store.close()]);
    await rejects(store.get(text("a")), "closed");
    await rejects(store.getMany([text("a")]), "closed");
    await rejects(store.list(ALL), "closed");
    await rejects(put(store, "a", "2"), "closed");
    await rejects(store.snapshot(), "closed");
    await rejects(store.size(), "closed");
    await rejects(snapshot.get(text("a")), "closed");
    await snapshot.close();
    await store.close();
  }),

  onFresh("close finishes what was called before it", async (store, subject) => {
    const commits = Array.from({ length: 50 }, (_, i) => put(store, `row ${i}`, "x"));
    const read = store.list(ALL);
    await Promise.all([...commits, read, store.close()]);
    if (!subject.reopen) return;
    const again = await subject.reopen(store);
    try {
      same((await again.list(ALL)).length, 50);
      await put(again, "more", "x");
      same((await again.list(ALL)).length, 51);
    } finally {
      await again.close();
    }
  }),
];

function onFresh(
  name: string,
  run: (store: KV, subject: StoreSubject) => Promise<void>,
): StoreCase {
  return {
    name,
    async run(subject) {
      const store = await subject.open();
      try {
        await run(store, subject);
      } finally {
        await store.close();
      }
    },
  };
}
