// What `watch` tells of a promise.

import type { PromiseDocument } from "../wire/document.ts";
import type { EndRecord, ItemRecord } from "../wire/records.ts";

/** How far a running job says it is; `fraction` is from 0 to 1. */
export type Progress = NonNullable<PromiseDocument["progress"]>;

/** Something that happened to a promise. */
export type PromiseEvent =
  | { readonly type: "status"; readonly promise: PromiseDocument }
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "item"; readonly item: ItemRecord }
  | { readonly type: "end"; readonly end: EndRecord; readonly value: EndValue };

/** Where the value of a promise is that was fulfilled with one: in the event, or to be fetched; `none` for items. */
export type EndValue =
  | { readonly in: "event"; readonly value: unknown }
  | { readonly in: "result" }
  | { readonly in: "none" };
