// Which job a posting is: the key that equal jobs share, and the input as the worker gets it.
//
// K1. Two inputs that differ in meaning have different keys. JSON means its value, as RFC 8785 writes it; MessagePack that
//     JSON can say means that JSON; all else means its media type and its bytes.
// K2. What JSON or doubles cannot say (integers beyond 2^53, NaN, byte strings) is bytes: keyed and handed on as posted.
//     A kind with a schema refuses it, since its schema cannot check it and its workers expect what it checked.
// K3. A kind with a schema is keyed by what the schema made of the input, and its workers get just that.
// K4. Keys that people make up live in spaces of their own, apart from the inputs': a poster's is shared with no other
//     owner, so that nobody can plant a result for others; that of the kind's own `key(input)` is shared by all.

import { concatBytes, decodeUtf8, encodeUtf8 } from "../base/bytes.ts";
import { type JsonFault, pathTo, scanJson } from "../base/json.ts";
import { packedToJson } from "../base/packed-json.ts";
import { finish, finishInTurns, type Steps } from "../base/steps.ts";
import type { RunInput } from "../core/command.ts";
import { isName, type JobKey, jobKey } from "../core/ids.ts";
import { EXPLICIT_KEY_BYTES_MAX, NESTING_MAX, TAGS_MAX } from "../core/limits.ts";
import { type InputFault, isRefusal, type Refusal, refuse } from "../core/problem.ts";
import { canonicalText, canonicalValue } from "./canonical.ts";
import { type InputForm, inputForm, OCTETS, type Posting } from "./posting.ts";
import { checkInput, hasInputSchema, type KindView } from "./schema.ts";

/** Which job a posting is. */
export interface Identity {
  readonly key: JobKey;
  /** What the worker gets: the posted bytes themselves, unless a schema or MessagePack made others of them. */
  readonly run: RunInput;
  /** The input as the functions of a kind get it, where `defineJob` or a schema made it; else undefined. */
  readonly value: unknown;
  /** What the kind's own `tags(input)` says. */
  readonly tags: readonly string[];
}

/** What identifying needs of its surroundings. */
export interface IdentityTools {
  /** In lower-case hexadecimal. */
  sha256(data: Uint8Array | string): string;
  /** Told of what a kind's own schema or function threw; the client is not told. */
  onFault(error: unknown): void;
}

/** What identifying a large input needs besides. */
export interface LargeIdentityTools extends IdentityTools {
  /** As `sha256`, without keeping others from their turn. */
  digest(data: Uint8Array): Promise<string>;
  /** Lets others have their turn. */
  pause(): Promise<void>;
}

/** Larger inputs take more than some milliseconds: give them to `identifyLarge`. In bytes. */
export const INPUT_AT_ONCE_BYTES = 128 * 1024;

/** Finds which job a posting is, at once. */
export function identify(
  posting: Posting,
  kind: KindView,
  tools: IdentityTools,
): Identity | Refusal {
  const prepared = finish(prepare(posting, kind, tools));
  if (isRefusal(prepared)) return prepared;
  const { hashed, ...identity } = prepared;
  return { ...identity, key: jobKey(tools.sha256(hashed)) };
}

/**
 * The same in pieces of a few milliseconds. A kind's own schema takes its time in one piece, and so do JSON.parse before
 * it and the canonical form of what it made.
 */
export async function identifyLarge(
  posting: Posting,
  kind: KindView,
  tools: LargeIdentityTools,
): Promise<Identity | Refusal> {
  const prepared = await finishInTurns(prepare(posting, kind, tools), tools.pause);
  if (isRefusal(prepared)) return prepared;
  const { hashed, ...identity } = prepared;
  const hash = typeof hashed === "string" ? tools.sha256(hashed) : await tools.digest(hashed);
  return { ...identity, key: jobKey(hash) };
}

/** An identity but for the last step: what its key is the hash of. */
type Prepared = Omit<Identity, "key"> & { readonly hashed: Uint8Array | string };

function* prepare(
  posting: Posting,
  kind: KindView,
  tools: IdentityTools,
): Steps<Prepared | Refusal> {
  const { explicitKey, owner } = posting;
  const refused = explicitKey === null ? null : refuseKey(explicitKey);
  if (refused !== null) return refused;
  const form = inputForm(posting);
  if (isRefusal(form)) return form;
  const read = yield* readInput(posting, form, kind);
  if (isRefusal(read)) return read;
  yield;
  const prepared = read.type === "json"
    ? prepareJson(read, kind, tools)
    : prepareBytes(read, posting, kind);
  if (isRefusal(prepared)) return prepared;
  const named = nameJob(prepared, kind, tools);
  if (isRefusal(named) || explicitKey === null) return named;
  return { ...named, hashed: madeUpKey("owner", kind, [owner, explicitKey]) }; // K4
}

/** "Any text", but an empty one is more likely a mistake. */
function refuseKey(text: string): Refusal | null {
  const bytes = text.length > EXPLICIT_KEY_BYTES_MAX ? text.length : encodeUtf8(text).length;
  if (bytes > 0 && bytes <= EXPLICIT_KEY_BYTES_MAX && text.isWellFormed()) return null;
  return refuse("invalid-parameter", {
    detail:
      `Cannot use parameter "key": it has ${bytes} bytes, wanted 1 to ${EXPLICIT_KEY_BYTES_MAX} of valid text`,
    parameter: "key",
  });
}

/** An input that was read. */
type Read =
  /** JSON text, and its canonical form behind the prefix of its space. */
  | {
    readonly type: "json";
    readonly contentType: string;
    readonly text: Uint8Array;
    readonly hashed: Uint8Array;
  }
  /** Bytes; `fault` says why they are no JSON, where they might have been. */
  | { readonly type: "bytes"; readonly mediaType: string; readonly fault: JsonFault | null };

function* readInput(
  { body }: Posting,
  form: InputForm,
  kind: KindView,
): Steps<Read | Refusal> {
  if (form.read === "bytes") return { type: "bytes", mediaType: form.mediaType, fault: null };
  let text = body;
  const mediaType = form.mediaType ?? (form.read === "json" ? JSON_TYPE : MESSAGE_PACK_TYPE);
  if (form.read === "msgpack") {
    const transcript = yield* packedToJson(body, NESTING_MAX);
    if (transcript.type === "malformed") return refuseInput(kind, [transcript.fault]);
    if (transcript.type === "beyond-json") {
      return { type: "bytes", mediaType, fault: transcript.fault };
    }
    text = transcript.json;
  }
  const scan = yield* scanJson(text, NESTING_MAX);
  if ("message" in scan) return refuseInput(kind, [scan]);
  const hashed = yield* canonicalText(scan, prefixOf("json", kind, form.mediaType));
  if ("message" in hashed) return refuseInput(kind, [hashed]);
  if (scan.bigInteger !== null) { // K2
    const fault = {
      path: pathTo(scan, scan.bigInteger),
      message: "An integer that no double holds",
    };
    return { type: "bytes", mediaType, fault };
  }
  const contentType = form.read === "json" ? mediaType : JSON_TYPE;
  return { type: "json", contentType, text, hashed };
}

const JSON_TYPE = "application/json";
const MESSAGE_PACK_TYPE = "application/vnd.msgpack";

function prepareBytes(
  { mediaType, fault }: Read & { type: "bytes" },
  { contentType, body }: Posting,
  kind: KindView,
): Prepared | Refusal {
  if (hasInputSchema(kind)) {
    if (fault !== null) return refuseInput(kind, [fault]);
    return refuse("unsupported-media-type", {
      detail:
        `Cannot check input of kind "${kind.kind}": it is "${mediaType}", wanted JSON or MessagePack`,
    });
  }
  return {
    hashed: concatBytes(prefixOf("bytes", kind, mediaType), body),
    run: { contentType: body.length === 0 ? OCTETS : contentType || OCTETS, body, isValue: false },
    value: kind.definition === null ? undefined : body,
    tags: [],
  };
}

function prepareJson(
  { contentType, text, hashed }: Read & { type: "json" },
  kind: KindView,
  tools: IdentityTools,
): Prepared | Refusal {
  const run = { contentType, body: text, isValue: true };
  if (kind.definition === null && kind.inputSchema === null) {
    return { hashed, run, value: undefined, tags: [] };
  }
  const value: unknown = JSON.parse(decodeUtf8(text)!);
  if (!hasInputSchema(kind)) return { hashed, run, value, tags: [] };
  const checked = checkInput(kind, value);
  if (checked.type === "wrong") return refuseInput(kind, checked.faults);
  if (checked.type === "broken") return refuseBroken(kind, tools, checked.error);
  try {
    const body = encodeUtf8(canonicalValue(checked.value)); // K3
    // The media type counts, too, which the prefix holds.
    const prefix = prefixOf("json", kind, contentType === JSON_TYPE ? null : contentType);
    return {
      hashed: concatBytes(prefix, body),
      run: { ...run, body },
      value: checked.value,
      tags: [],
    };
  } catch (error) {
    return refuseBroken(kind, tools, error);
  }
}

/** Asks the kind's own functions for its key and tags. */
function nameJob(prepared: Prepared, kind: KindView, tools: IdentityTools): Prepared | Refusal {
  if (kind.definition === null) return prepared;
  const { functions } = kind.definition;
  try {
    const tags = [...new Set(functions.tags?.(prepared.value) ?? [])];
    const isRight = tags.length <= TAGS_MAX &&
      tags.every((tag) => typeof tag === "string" && isName(tag));
    if (!isRight) {
      throw new TypeError(`Cannot use tags of kind "${kind.kind}": ${JSON.stringify(tags)}`);
    }
    const key = functions.key?.(prepared.value);
    if (key === undefined) return { ...prepared, tags };
    if (typeof key !== "string") {
      throw new TypeError(`Cannot use key of kind "${kind.kind}": it is no text`);
    }
    return { ...prepared, tags, hashed: madeUpKey("kind", kind, [key]) };
  } catch (error) {
    return refuseBroken(kind, tools, error);
  }
}

/** Raised when the same input shall no longer have the same key. */
const KEY_FORMAT = "hearty-key-1";

/** What goes before an input: it says how the input is to be understood, and which kind it is for. */
function prefixOf(space: "json" | "bytes", kind: KindView, mediaType: string | null): Uint8Array {
  return encodeUtf8(`${JSON.stringify([KEY_FORMAT, space, kind.kind, kind.version, mediaType])}\n`);
}

function madeUpKey(space: "owner" | "kind", kind: KindView, parts: readonly string[]): string {
  return JSON.stringify([KEY_FORMAT, `${space}'s key`, kind.kind, kind.version, ...parts]);
}

/** Names and messages may hold as much of the input as the client likes; it gets back only their beginnings. */
function refuseInput({ kind }: KindView, faults: readonly InputFault[]): Refusal {
  const errors = faults.map(({ path, message }) => ({
    path: path.map((part) => typeof part === "string" ? part.slice(0, TOLD_CHARACTERS_MAX) : part),
    message: message.slice(0, TOLD_CHARACTERS_MAX),
  }));
  const { path, message } = errors[0]!;
  const place = path.length === 0 ? "" : ` at "${path.join(".").slice(0, TOLD_CHARACTERS_MAX)}"`;
  return refuse("invalid-input", {
    detail: `Cannot take input of kind "${kind}"${place}: ${message}`,
    errors,
  });
}

const TOLD_CHARACTERS_MAX = 500;

/** A fault of the kind and not of the client; but without a key there is nothing that could be promised. */
function refuseBroken(kind: KindView, tools: IdentityTools, error: unknown): Refusal {
  tools.onFault(error);
  return refuseInput(kind, [{
    path: [],
    message: "The kind's own schema or function failed on it",
  }]);
}
