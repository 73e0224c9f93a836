// The media types that Hearty itself speaks, and the other names under which clients know them.

/** The forms in which results and records are written, by their canonical names. */
export const MEDIA = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  msgpack: "application/vnd.msgpack",
  events: "text/event-stream",
  multipart: "multipart/mixed",
  problem: "application/problem+json",
  bytes: "application/octet-stream",
} as const;

/**
 * The canonical name of a type without parameters, in lower case; one that has no other name is its
 * own.
 */
export function canonicalMedia(essence: string): string {
  const lower = essence.toLowerCase();
  return ALIASES.get(lower) ?? lower;
}

/** A type without its parameters. */
export function mediaEssence(type: string): string {
  const semicolon = type.indexOf(";");
  return semicolon === -1 ? type : type.slice(0, semicolon).trimEnd();
}

/**
 * Whether a body of this stored type is one JSON text, which may stand inside other JSON as it is.
 */
export function isJson(type: string): boolean {
  return type === MEDIA.json;
}

/** Whether a body of this stored type is one MessagePack value. */
export function isMsgpack(type: string): boolean {
  return canonicalMedia(type) === MEDIA.msgpack;
}

/** A stored type as a header can say it: one that is no visible ASCII is that of any bytes. */
export function headerMedia(type: string): string {
  return /^[\x21-\x7e][\x20-\x7e]*$/.test(type) ? type : MEDIA.bytes;
}

const ALIASES: ReadonlyMap<string, string> = new Map([
  ["application/jsonl", MEDIA.ndjson],
  ["application/msgpack", MEDIA.msgpack],
  ["application/x-msgpack", MEDIA.msgpack],
]);
