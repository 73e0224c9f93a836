// Wake-ups by key: a nudge without payload. Whoever is woken reads the store again, so that a lost or
// doubled nudge can never lose or double data.

/** Sleepers by key, each woken at most once. */
export class Wake {
  readonly #sleepers = new Map<string, Set<() => void>>();

  /** Calls `wake` at the next nudge of `key`, once; the answer forgets it. */
  on(key: string, wake: () => void): () => void {
    let set = this.#sleepers.get(key);
    if (!set) this.#sleepers.set(key, set = new Set());
    set.add(wake);
    return () => {
      set.delete(wake);
      if (set.size === 0 && this.#sleepers.get(key) === set) this.#sleepers.delete(key);
    };
  }

  /** Wakes everybody who sleeps on `key`. */
  nudge(key: string): void {
    const set = this.#sleepers.get(key);
    if (!set) return;
    this.#sleepers.delete(key);
    for (const wake of set) wake();
  }

  /** How many keys have sleepers. */
  get size(): number {
    return this.#sleepers.size;
  }
}
