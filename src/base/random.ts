// The only source of chance. A seeded generator makes a run repeatable; the system's is unguessable.

/** Where random numbers come from. */
export interface Random {
  /** `count` fresh random bytes. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1). */
  unit(): number;
}

/** The platform's cryptographic generator, read in blocks because a call for 16 bytes costs as much as one for 4,096. */
export function systemRandom(): Random {
  const block = new Uint8Array(4096);
  let used = block.length;
  const bytes = (count: number): Uint8Array => {
    if (count > block.length) return crypto.getRandomValues(new Uint8Array(count));
    if (used + count > block.length) {
      crypto.getRandomValues(block);
      used = 0;
    }
    used += count;
    return block.slice(used - count, used);
  };
  return {
    bytes,
    unit: () => {
      const b = bytes(4);
      return (((b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!) >>> 0) / 2 ** 32;
    },
  };
}

/** Repeatable numbers for tests: mulberry32 (Tommy Ettinger, 2017, public domain). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const u32 = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => u32() & 255),
    unit: () => u32() / 2 ** 32,
  };
}
