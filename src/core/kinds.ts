// The registry of kinds: what workers and the server's owner offered, and which version counts.
//
// K1. A kind exists from the first sight on, until it is forgotten; workers come and go.
// K2. The version that was first seen last is current, unless the server's owner defined one, which outranks
//     workers, or an administrator chose another. A reconnect changes nothing.

import type { Draft } from "./change.ts";
import { type KindOffer, type KindRecord, NO_SETTINGS } from "./kind.ts";
import type { State } from "./state.ts";

/** Takes note of an offered version of a kind (K1, K2). */
export function learnKind(state: State, draft: Draft, offer: KindOffer, isDefined: boolean): void {
  const known = state.kinds.get(offer.kind);
  const record = known ? extended(known, offer, isDefined) : fresh(offer, isDefined);
  if (record === known) return;
  state.kinds.set(offer.kind, record);
  draft.change({ type: "kind", record });
  draft.effect({ type: "kind-changed", kind: offer.kind });
}

function fresh(offer: KindOffer, isDefined: boolean): KindRecord {
  return {
    kind: offer.kind,
    versions: [offer],
    current: offer.version,
    isDefined,
    patched: { ...NO_SETTINGS, isPaused: false, maxRunning: null },
    revision: 0,
  };
}

function extended(known: KindRecord, offer: KindOffer, isDefined: boolean): KindRecord {
  const at = known.versions.findIndex((one) => one.version === offer.version);
  if (at >= 0) {
    // The owner's definition of a version outranks what workers say of the same version.
    const isOutranked = known.isDefined && !isDefined && known.current === offer.version;
    const isSame = isOutranked || isSameOffer(known.versions[at]!, offer);
    if (isSame && (!isDefined || (known.isDefined && known.current === offer.version))) {
      return known;
    }
    const versions = isSame ? known.versions : known.versions.with(at, offer);
    return isDefined
      ? { ...known, versions, isDefined, current: offer.version }
      : { ...known, versions };
  }
  const versions = [...known.versions, offer];
  if (isDefined) return { ...known, versions, isDefined, current: offer.version };
  return known.isDefined ? { ...known, versions } : { ...known, versions, current: offer.version };
}

function isSameOffer(a: KindOffer, b: KindOffer): boolean {
  return a.description === b.description && a.inputSchema === b.inputSchema &&
    a.outputSchema === b.outputSchema && a.ttlMs === b.ttlMs && a.failureTtlMs === b.failureTtlMs &&
    a.timeoutMs === b.timeoutMs && a.attempts === b.attempts &&
    a.retryBaseMs === b.retryBaseMs && a.retryCapMs === b.retryCapMs;
}
