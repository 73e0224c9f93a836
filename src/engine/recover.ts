// What a start reads: kinds, unfinished promises in the order of their creation, and the leases that workers may
// resume. Settled promises stay where they are.

import type { Now } from "../base/clock.ts";
import { Draft, type Effect } from "../core/change.ts";
import type { PromiseId } from "../core/ids.ts";
import type { PromiseRecord } from "../core/promise.ts";
import { restoreHolds, restoreLease } from "../core/restore.ts";
import type { State } from "../core/state.ts";
import type { KV } from "../store/kv.ts";
import { type Listed, listPending, readKinds, readLastId } from "../store/layout.ts";

const PAGE = 500;

/** Fills an empty state from the store. The effects tell what is ready. After a restart, no connection is left that holds an interest. */
export async function recover(
  store: KV,
  state: State,
  { now, isRestart }: { now: Now; isRestart: boolean },
): Promise<readonly Effect[]> {
  const { kinds } = await readKinds(store);
  for (const kind of kinds) state.kinds.set(kind.kind, kind);
  state.lastId = await readLastId(store);
  const draft = new Draft();
  for await (const record of pendingRecords(store)) {
    state.admit(draft, record, now);
    restoreLease(state, record, now);
    if (isRestart) restoreHolds(state, record, now);
  }
  return draft.effects;
}

async function* pendingRecords(store: KV): AsyncGenerator<PromiseRecord> {
  let after: PromiseId | null = null;
  for (;;) {
    const rows: readonly Listed[] = await listPending(store, { after, limit: PAGE });
    for (const row of rows) {
      // A damaged record is left where it is: whoever asks for it is told.
      if (!("damaged" in row)) yield row;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = "damaged" in last ? last.damaged : last.id;
  }
}
