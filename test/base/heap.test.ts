import fc from "fast-check";
import { assert, test } from "../harness/test.ts";
import { Heap, type HeapMember } from "../../src/base/heap.ts";

interface Item extends HeapMember {
  order: number;
}

function item(order: number): Item {
  return { order, heapIndex: -1 };
}

function heap(items: readonly Item[] = []): Heap<Item> {
  const made = new Heap<Item>((a, b) => a.order < b.order);
  for (const item of items) made.push(item);
  return made;
}

test("heap: an empty heap has nothing on top", () => {
  assert.equal(heap().peek(), undefined);
  assert.equal(heap().pop(), undefined);
});

test("heap: a member that is not here is not removed", () => {
  const other = heap([item(1)]);
  assert.equal(heap([item(1)]).remove(other.peek()!), false);
  assert.equal(heap().remove(item(1)), false);
  assert.equal(other.size, 1);
});

test("heap: a count stops where it is more than asked for", () => {
  const items = [1, 2, 3, 4].map(item);
  const full = heap(items);
  assert.equal(full.countBefore(items[3]!, 3), 3);
  assert.equal(full.countBefore(items[3]!, 2), null);
});

test("heap: after any pushes, moves and removals it gives its members in order", () => {
  const move = fc.record({
    act: fc.constantFrom("push", "push", "update", "remove", "pop"),
    order: fc.integer({ min: 0, max: 20 }),
    pick: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 100 }), (moves) => {
      const tested = heap();
      const members: Item[] = [];
      for (const { act, order, pick } of moves) {
        const member = members[pick % members.length];
        if (act === "push") {
          members.push(item(order));
          tested.push(members.at(-1)!);
        } else if (act === "pop") {
          const top = tested.pop();
          assert.equal(top?.order, members.map(({ order }) => order).sort(ascending)[0]);
          if (top) members.splice(members.indexOf(top), 1);
        } else if (member && act === "update") {
          member.order = order;
          tested.update(member);
        } else if (member) {
          assert.equal(tested.remove(member), true);
          members.splice(members.indexOf(member), 1);
        }
        for (const other of members) {
          const before = members.filter(({ order }) => order < other.order).length;
          assert.equal(tested.countBefore(other, Infinity), before);
        }
      }
      assert.deepEqual(new Set(tested.values()), new Set(members));
      const drained = Array.from({ length: members.length }, () => tested.pop()!.order);
      assert.deepEqual(drained, members.map(({ order }) => order).sort(ascending));
      assert.equal(tested.size, 0);
    }),
    { numRuns: 300 },
  );
});

function ascending(a: number, b: number): number {
  return a - b;
}
