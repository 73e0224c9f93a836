// Assertions stay on in production: they guard what only a bug can break, never input.

/** Throws if `condition` is false; `what` names the property that must hold. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

/** Ends an exhaustive switch: the compiler proves that no case is left. */
export function unreachable(value: never): never {
  throw new AssertionError(`Unreachable case ${String(value)}`);
}

/** A broken invariant: a bug of the program, after which no state may be stored. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}
