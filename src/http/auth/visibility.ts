// Who may read which promise: the one rule, which every route that reads promises asks.

import { LRUCache } from "lru-cache";
import type { PromiseId } from "../../core/ids.ts";
import { isRefusal, type Refusal, refuse } from "../../core/problem.ts";
import type { PromiseRecord } from "../../core/promise.ts";
import { findPromise, type Source } from "../../stream/source.ts";
import type { Principal } from "./principal.ts";

/** Who may read a promise: whoever has its id, or only owners with an interest in it, viewers and administrators. */
export type Visibility = "organization" | "owner";

/** Most pairs of owner and promise that are remembered; the ones that were not asked for longest go. */
const ADMITTED_MAX = 100_000;

/** Decides who may read a promise. */
export class Readers {
  readonly #visibility: Visibility;
  readonly #admitted: LRUCache<string, true> = new LRUCache({ max: ADMITTED_MAX });

  constructor(visibility: Visibility) {
    this.#visibility = visibility;
  }

  /**
   * Lets an owner read a promise in which it has no interest: one whose result its post was given, or from which it has
   * withdrawn. It is remembered in memory only: after a restart another post gives the result again.
   */
  admit(owner: string, promise: PromiseId): void {
    if (this.#visibility === "owner") this.#admitted.set(pairOf(owner, promise), true);
  }

  /** Whether somebody may read a promise. */
  mayRead(record: PromiseRecord, principal: Principal): boolean {
    return this.#visibility === "organization" || seesAll(principal) ||
      isOwn(record, principal) || this.#admitted.has(pairOf(principal.owner, record.id));
  }

  /** A promise that was found, or the refusal; who may not read it is told the same as if it did not exist. */
  readable(found: PromiseRecord | Refusal, principal: Principal): PromiseRecord | Refusal {
    if (isRefusal(found) || this.mayRead(found, principal)) return found;
    return refuse("not-found", {
      detail: `Cannot find promise "${found.id}": it never existed, or has expired`,
    });
  }
}

/** A promise that somebody may read, as it is stored. */
export async function findReadable(
  { source, readers }: { readonly source: Source; readonly readers: Readers },
  id: PromiseId,
  principal: Principal,
): Promise<PromiseRecord | Refusal> {
  return readers.readable(await findPromise(source, id), principal);
}

/** Whether somebody sees everybody's jobs, whatever the visibility. */
export function seesAll({ roles }: Principal): boolean {
  return roles.has("viewer") || roles.has("admin");
}

/** Whether a job is somebody's own. */
export function isOwn({ interests }: PromiseRecord, { owner }: Principal): boolean {
  return interests.some((interest) => interest.owner === owner);
}

function pairOf(owner: string, promise: PromiseId): string {
  return `${promise} ${owner}`;
}
