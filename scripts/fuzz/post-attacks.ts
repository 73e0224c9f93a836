// Attacks on posting: inputs that are none, meanings that must not be mixed up, options, and posters that leave.

import { Buffer } from "node:buffer";
import { encode } from "../../src/base/msgpack.ts";
import type { Chance } from "./chance.ts";
import { ESCAPES, NUMBERS, TEXTS } from "./nasty.ts";
import { requestBytes } from "./request.ts";
import { anotherValue, anyValue, spell, type Value } from "./spelling.ts";
import { ask, type Attack, jsonOf, send, type Target } from "./target.ts";

const JSON_TYPE = [["Content-Type", "application/json"]] as const;
const PACKED_TYPE = [["Content-Type", "application/vnd.msgpack"]] as const;
const MIB = 1024 * 1024;
const NESTING_MAX = 1_000;

const BAD_JSON: readonly string[] = [
  ...["", " ", "{", "[1,]", '{"a":1,}', "1 2", "nul", "NaN", "-Infinity", "undefined", "'a'"],
  ...["01", "+1", ".5", "1.", "1e", "0x1", "--1", '{"a":1,"a":2}', '{"a":1,"\\u0061":2}'],
  ...['[{"b":{"":0,"":0}}]', "1e400", "-1e400", "[1e999999999]", '"\\ud800"', '"\\udc00\\ud800"'],
  ...['{"\\ud800":1}', '"\t"', '"\\x41"', '"\\u00"', '"a', "\ufeff1", "// a\n1", "[1]]", "{a:1}"],
  ...["[".repeat(NESTING_MAX + 1) + "]".repeat(NESTING_MAX + 1), "[".repeat(100_000)],
  '{"a":'.repeat(NESTING_MAX + 1) + "1" + "}".repeat(NESTING_MAX + 1),
];
const BAD_PACKED: readonly string[] = [
  ...["c1", "", "dfffffffff", "ddffffffff", "c6ffffffff", "dbffffffff", "dc0002c0", "82a161c0"],
  ...["c0c0", "82a161c0a161c0", "a1ff", "a2c328", "d9", "cb00", "c9ffffffff01", "91".repeat(1_001)],
  ...["91".repeat(1_000) + "91c0", "81a161".repeat(1_001) + "c0"],
];

/** Bodies that no reader of JSON or MessagePack may take. */
export const attackInput: Attack = async (target, chance) => {
  const kind = chance.pick(["echo", "fail", "items"]);
  const [headers, body] = chance.oneIn(2)
    ? [JSON_TYPE, Buffer.from(chance.pick(BAD_JSON))] as const
    : [PACKED_TYPE, Buffer.from(chance.pick(BAD_PACKED), "hex")] as const;
  const isEmptyPacked = headers === PACKED_TYPE && body.length === 0; // Bytes that mean nothing.
  await ask(target, { method: "POST", target: `/jobs/${kind}`, headers, body }, {
    statuses: isEmptyPacked ? [200, 202] : [422],
  });
};

const MEDIA_TYPES: readonly string[] = [
  ...["application/json", "application/vnd.msgpack", "application/ld+json", "text/plain", "", "a"],
  ...["application/json; charset=utf-16", "application/json;charset=UTF-8", "a/b;c=d;c=e", "a/b;"],
  ...['a/b; c="', "application/json, text/plain", "*/*", `a/b${";c=d".repeat(64)}`, "A/B;C=D"],
  ...[
    "multipart/form-data; boundary=a",
    "text/\u00e9",
    `a/${"b".repeat(300)}`,
    "application/+json",
  ],
];

/** Any bytes as any type. */
export const attackBody: Attack = async (target, chance) => {
  const value = anyValue(chance);
  const whole = chance.oneIn(2) ? Buffer.from(spell(value, chance)) : encode(value);
  const body = chance.oneIn(5) ? whole : chance.damage(whole);
  const headers = [["Content-Type", chance.pick(MEDIA_TYPES)] as const];
  const coding = chance.pick(["identity", "gzip", "br", "deflate", "gzip, identity", ""]);
  const isCoded = chance.oneIn(10);
  await ask(target, {
    method: "POST",
    target: `/jobs/${chance.pick(["echo", "nobody-offers-this"])}`,
    headers: isCoded ? [...headers, ["Content-Encoding", coding]] : headers,
    body,
  }, {
    statuses: isCoded && coding !== "identity" ? [404, 415] : [200, 202, 400, 404, 415, 422],
  });
};

/** One meaning has one key in all its spellings, and another meaning has another. */
export const attackMeaning: Attack = async (target, chance) => {
  const value = anyValue(chance);
  const post = async (
    headers: typeof JSON_TYPE | typeof PACKED_TYPE,
    body: string | Uint8Array,
  ) => {
    const request = { method: "POST", target: "/jobs/echo", headers, body };
    return jsonOf(await ask(target, request, { statuses: [200, 202] }))?.["key"];
  };
  const key = await post(JSON_TYPE, spell(value, chance));
  const same = chance.oneIn(3)
    ? await post(PACKED_TYPE, encode(value))
    : await post(JSON_TYPE, spell(value, chance));
  const otherValue = anotherValue(value, chance);
  const other = await post(JSON_TYPE, spell(otherValue, chance));
  const shown = (of: Value) => JSON.stringify(of);
  if (key !== same) target.report(`two keys for ${shown(value)}: ${key}, ${same}`);
  if (key === other) target.report(`one key for ${shown(value)} and ${shown(otherValue)}`);
};

const OPTIONS: readonly string[] = [
  ...["priority", "queue", "timeout", "attempts", "delay", "deadline", "maxAge", "onlyStored"],
  ...["tag", "key", "onDisconnect", "owner", "failFast", "wait", "Priority", "__proto__", ""],
];
const KINDS: readonly string[] = [
  ...["echo", "", ".", "..", "a".repeat(128), "a".repeat(129), "constructor", "__proto__"],
  ...["%65cho", "ec%00ho", "echo%20", "\u00e9", "%d0%b5cho", "echo;a=b", "ec+ho"],
];

/** Any options of a post. */
export const attackOptions: Attack = async (target, chance) => {
  const query = chance.some(3, () => {
    const value = chance.pick([...NUMBERS, ...TEXTS]);
    const text = chance.oneIn(10) ? chance.pick(ESCAPES) : encodeURIComponent(value);
    return `${chance.pick(OPTIONS)}=${text}`;
  });
  // So that all of them are gone again when the campaign is over.
  query.push(`ttl=${chance.pick(["0", "1s", "0.5", "PT1S", "-1", "x"])}`);
  await ask(target, {
    method: "POST",
    target: `/jobs/${chance.oneIn(4) ? chance.pick(KINDS) : "echo"}?${query.join("&")}`,
    headers: [...JSON_TYPE, ["Prefer", chance.pick(["wait=0.05", "respond-async", "wait=x"])]],
    body: `"${chance.word()}"`,
  }, { isBroken: true });
};

/** Inputs of the largest size, and of one byte more. */
export const attackSize: Attack = async (target, chance) => {
  const more = chance.below(2);
  await ask(target, {
    method: "POST",
    target: "/jobs/nobody-computes-this",
    body: new Uint8Array(16 * MIB + more),
    headers: [["Content-Type", "application/octet-stream"]],
  }, { statuses: more ? [413] : [200, 202], isBroken: more === 1 });
};

/** A poster who leaves before its input is whole has posted nothing. */
export const attackCutPost: Attack = async (target, chance) => {
  const body = `"${chance.word()}${"a".repeat(chance.pick([0, 1_000, 100_000]))}"`;
  const request = { method: "POST", target: "/jobs/echo", headers: JSON_TYPE, body };
  const bytes = requestBytes({ ...request, headers: [...target.credentials, ...JSON_TYPE] });
  await send(target, bytes, { leaveAfter: chance.below(bytes.length) });
  const answer = await ask(target, { ...request, target: "/jobs/echo?onlyStored=true" });
  if (typeof answer !== "string" && answer.status !== 404) {
    target.report(`a post that was cut off is there all the same: ${body.slice(0, 40)}`);
  }
};

/** Who waits and leaves takes its interest along. */
export const attackLeaver: Attack = async (target, chance) => {
  await leave(target, chance, "leave?onDisconnect=cancel");
};

async function leave(target: Target, chance: Chance, path: string): Promise<void> {
  await ask(target, {
    method: "POST",
    target: `/jobs/${path}`,
    headers: [...JSON_TYPE, ["Prefer", "wait=30"], [
      "Accept",
      chance.pick(["*/*", "application/json", "text/event-stream", "application/x-ndjson"]),
    ]],
    body: `"${chance.word()}"`,
  }, { patienceMs: 20 + chance.below(100), isBroken: true });
}

const PATCHES: readonly string[] = [
  ...["", "{}", "[]", "null", "1", '{"priority":-1}', '{"priority":"high"}', '{"priority":5.5}'],
  ...['{"ttl":"1s"}', '{"ttl":"x"}', '{"ttl":1e400}', '{"ttl":-1}', '{"queue":""}', '{"a":1}'],
  ...['{"queue":"a","priority":9}', '{"__proto__":{"priority":1}}', '{"priority":1,"priority":2}'],
  ...[`"${"a".repeat(70_000)}"`, "{", '{"priority":null}', '{"ttl":"0"}', '{"queue":{"a":1}}'],
];

/** Changes of a promise, and its end, from several sides at once. */
export const attackChange: Attack = async (target, chance) => {
  const posted = await ask(target, {
    method: "POST",
    target: `/jobs/${chance.pick(["echo", "hold"])}`,
    headers: JSON_TYPE,
    body: `"${chance.word()}"`,
  });
  const id = jsonOf(posted)?.["id"];
  const change = () =>
    ask(target, {
      method: "PATCH",
      target: `/promises/${id}${chance.pick(["", "", "?queue=a", "?owner=a%20b", "?x=1"])}`,
      headers: [...JSON_TYPE, ["If-Match", chance.pick(["*", '"r0"', '"r1"', "W/*", ""])]],
      body: chance.pick(PATCHES),
    }, { statuses: [200, 400, 404, 409, 412, 413, 422] });
  const withdraw = () => ask(target, { method: "DELETE", target: `/promises/${id}` });
  await Promise.all([change(), change(), withdraw(), withdraw()]);
};
