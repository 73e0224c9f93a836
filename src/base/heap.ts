// A binary heap whose members know their place, so that any of them can be removed or moved in O(log n).

/** What a member carries for the heap; set it to -1 and leave it alone. */
export interface HeapMember {
  heapIndex: number;
}

/** A heap with the smallest member, by `isBefore`, on top. A member is in at most one heap. */
export class Heap<T extends HeapMember> {
  readonly #members: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  /** How many members there are. */
  get size(): number {
    return this.#members.length;
  }

  /** The smallest member, which stays. */
  peek(): T | undefined {
    return this.#members[0];
  }

  /** Takes a member in. */
  push(member: T): void {
    this.#members.push(member);
    this.#up(this.#members.length - 1, member);
  }

  /** Takes the smallest member out. */
  pop(): T | undefined {
    const top = this.#members[0];
    if (top) this.remove(top);
    return top;
  }

  /** Takes this member out; false if it is not here. */
  remove(member: T): boolean {
    const index = member.heapIndex;
    if (this.#members[index] !== member) return false;
    const last = this.#members.pop()!;
    if (last !== member) this.#settle(index, last);
    member.heapIndex = -1;
    return true;
  }

  /** Puts a member, whose order has changed, in its right place. */
  update(member: T): void {
    this.#settle(member.heapIndex, member);
  }

  /** How many members come before this one, which is here; null if they are more than `most`. Costs as many steps as it counts. */
  countBefore(member: T, most: number): number | null {
    let count = 0;
    const open = [0];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const other = this.#members[index];
      // What is below a member that comes later comes later still.
      if (!other || !this.#isBefore(other, member)) continue;
      if (++count > most) return null;
      open.push(2 * index + 1, 2 * index + 2);
    }
    return count;
  }

  /** All members, in no order. */
  values(): IterableIterator<T> {
    return this.#members.values();
  }

  #settle(index: number, member: T): void {
    this.#up(index, member);
    this.#down(member.heapIndex, member);
  }

  #up(from: number, member: T): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#members[above]!;
      if (!this.#isBefore(member, parent)) break;
      this.#place(index, parent);
      index = above;
    }
    this.#place(index, member);
  }

  #down(from: number, member: T): void {
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= this.#members.length) break;
      const right = this.#members[below + 1];
      if (right && this.#isBefore(right, this.#members[below]!)) below++;
      const child = this.#members[below]!;
      if (!this.#isBefore(child, member)) break;
      this.#place(index, child);
      index = below;
    }
    this.#place(index, member);
  }

  #place(index: number, member: T): void {
    this.#members[index] = member;
    member.heapIndex = index;
  }
}
