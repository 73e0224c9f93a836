// What was posted, and how its media type says it is to be read.

import { CONTENT_TYPE_MAX } from "../core/limits.ts";
import type { KindName } from "../core/ids.ts";
import { type Refusal, refuse } from "../core/problem.ts";

/** What a client posted: a kind, an input, and perhaps a key of its own. */
export interface Posting {
  readonly kind: KindName;
  /** The media type as posted; empty: none was. */
  readonly contentType: string;
  readonly body: Uint8Array;
  /** The poster's claim that inputs are the same; null: none. */
  readonly explicitKey: string | null;
  readonly owner: string;
}

/** The media type of bytes of which nothing is known. */
export const OCTETS = "application/octet-stream";

/** How an input is read. `mediaType` is the one spelling of equal media types. */
export type InputForm =
  /** JSON. `mediaType` is null where it says no more than that: plain JSON. */
  | { readonly read: "json"; readonly mediaType: string | null }
  /** MessagePack. `mediaType` is null where it has no parameters. */
  | { readonly read: "msgpack"; readonly mediaType: string | null }
  /** Bytes that mean nothing to the server. */
  | { readonly read: "bytes"; readonly mediaType: string };

/** How the input of a posting is to be read; a refusal if its media type is malformed, or its characters are not UTF-8. */
export function inputForm({ contentType, body }: Posting): InputForm | Refusal {
  const media = parseMediaType(contentType === "" ? OCTETS : contentType);
  if (media === null) {
    return refuse("invalid-parameter", {
      detail: `Cannot read header "Content-Type": "${
        contentType.slice(0, CONTENT_TYPE_MAX)
      }" is no media type`,
      parameter: "Content-Type",
    });
  }
  const { essence } = media;
  if (essence === JSON_TYPE || JSON_FAMILY.test(essence)) return jsonForm(media);
  if (body.length === 0) return { read: "bytes", mediaType: OCTETS };
  if (MESSAGE_PACK.has(essence)) {
    return { read: "msgpack", mediaType: media.parameters.size === 0 ? null : spell(media) };
  }
  return { read: "bytes", mediaType: spell(media) };
}

const JSON_TYPE = "application/json";
const JSON_FAMILY = /^application\/[^/]+\+json$/;
/** The name of MessagePack's type that counts, and its older ones. */
const MESSAGE_PACK: ReadonlySet<string> = new Set([
  "application/vnd.msgpack",
  "application/msgpack",
  "application/x-msgpack",
]);

/** A media type: names in lower case, parameters by name. */
interface MediaType {
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** JSON is UTF-8, whether its type says so or not (RFC 8259). */
function jsonForm({ essence, parameters }: MediaType): InputForm | Refusal {
  const charset = parameters.get("charset");
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
    return refuse("unsupported-media-type", {
      detail: `Cannot read JSON in charset "${charset}": wanted utf-8`,
    });
  }
  const others = new Map(parameters);
  others.delete("charset");
  const isPlain = essence === JSON_TYPE && others.size === 0;
  return { read: "json", mediaType: isPlain ? null : spell({ essence, parameters: others }) };
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const ESSENCE = new RegExp(`^${TOKEN}/${TOKEN}(?=[ \\t]*(?:;|$))`);
const QUOTED = '"(?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[^\\x00-\\x08\\x0a-\\x1f\\x7f])*"';
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(${TOKEN}|${QUOTED}))?`, "y");

/** A media type out of a header (RFC 9110, section 8.3.1); null if it is malformed or names a parameter twice. */
function parseMediaType(header: string): MediaType | null {
  const text = header.trim();
  const essence = text.length > CONTENT_TYPE_MAX ? null : ESSENCE.exec(text)?.[0];
  if (essence === null || essence === undefined) return null;
  const parameters = new Map<string, string>();
  let end = essence.length;
  while (end < text.length) {
    PARAMETER.lastIndex = end;
    const match = PARAMETER.exec(text);
    if (match === null) return null;
    end = PARAMETER.lastIndex;
    const [, spelledName, spelledValue] = match;
    if (spelledName === undefined || spelledValue === undefined) continue;
    const name = spelledName.toLowerCase();
    const value = spelledValue.startsWith('"')
      ? spelledValue.slice(1, -1).replaceAll(/\\(.)/gs, "$1")
      : spelledValue;
    if (parameters.has(name)) return null;
    parameters.set(name, name === "charset" ? value.toLowerCase() : value);
  }
  return { essence: essence.toLowerCase(), parameters };
}

const IS_TOKEN = new RegExp(`^${TOKEN}$`);

/** One spelling for all that are equal: parameters sorted, quoted only where they must be. */
function spell({ essence, parameters }: MediaType): string {
  const parts = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => {
    const spelled = IS_TOKEN.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
    return `;${name}=${spelled}`;
  });
  return essence + parts.join("");
}
