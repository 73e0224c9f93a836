// Attacks on the worker protocol: handshakes that are none, frames that are none, messages at the wrong time.

import { Buffer } from "node:buffer";
import type { Chance } from "./chance.ts";
import { frame, handshakeHeaders, HostileWorker, KEY } from "./hostile-worker.ts";
import { NUMBERS, TEXTS } from "./nasty.ts";
import { requestBytes } from "./request.ts";
import { ask, type Attack, send } from "./target.ts";

/** Opening handshakes, most of which are none. */
export const attackHandshake: Attack = async (target, chance) => {
  const headers = chance.shuffle(
    [
      ["Connection", "Upgrade"],
      ["Upgrade", chance.pick(["websocket", "WebSocket", "h2c", "websocket, foo"])],
      ["Sec-WebSocket-Key", chance.pick([KEY, "", "a", KEY.slice(4), `${KEY}${KEY}`])],
      ["Sec-WebSocket-Version", chance.pick(["13", "8", "", "99999999999"])],
      ["Sec-WebSocket-Protocol", chance.pick(["hearty.v1.json", "a", "", "hearty.bearer.!!!"])],
      ["Sec-WebSocket-Extensions", chance.pick(["permessage-deflate", "x-webkit-deflate-frame"])],
      ["Origin", chance.pick(["http://localhost", "http://evil.example", "null"])],
    ] as const,
  ).slice(chance.below(3));
  const method = chance.pick(["GET", "GET", "POST", "HEAD"]);
  const request = { method, target: "/workers/connect", headers };
  await ask(target, request, { isBroken: true, patienceMs: 2_000 });
};

const TYPES: readonly string[] = [
  ...["hello", "progress", "item", "chunk", "fulfill", "reject", "cancelled", "capacity", "drain"],
  ...["pong", "welcome", "constructor", "__proto__", ""],
];
const ANSWERS = new Set(
  ["welcome", "refused", "run", "ack", "cancel", "lost", "ping", "bye", "error"],
);

/** A worker that says anything at any time. */
export const attackConversation: Attack = async (target, chance) => {
  const peer = await HostileWorker.open(target);
  if (peer === null) return target.report("a worker that connects as it should is not let in");
  const kind = `prey-${chance.below(8)}`;
  if (!chance.oneIn(5)) {
    peer.say({ type: "hello", name: `w-${chance.word()}`, concurrency: 2, kinds: [{ kind }] });
    await peer.hears("welcome");
    const headers = [["Content-Type", "application/json"]] as const;
    const body = `"${chance.word()}"`;
    await ask(target, { method: "POST", target: `/jobs/${kind}?attempts=9`, headers, body });
    await peer.hears("run");
  }
  for (let i = chance.below(12); i > 0; i--) peer.write(anyFrame(chance, peer.lease));
  // A valid message at the end: who is still connected is heard.
  peer.say({ type: "pong", n: 1 });
  await peer.hears("error");
  for (const message of peer.heard) {
    if (!ANSWERS.has(message)) target.report(`the server says "${message}" to a worker`);
  }
  peer.leave();
};

function anyFrame(chance: Chance, lease: string): Uint8Array {
  if (chance.oneIn(4)) {
    return frame(chance.pick([0, 1, 2, 3, 7, 8, 9, 10, 11, 15]), chance.bytes(chance.below(200)), {
      flags: chance.pick([0x80, 0x80, 0, 0xc0, 0xf0]),
      isMasked: !chance.oneIn(4),
      length: chance.oneIn(6) ? chance.pick([126, 65_536, 2 ** 32, 2 ** 52]) : undefined,
    });
  }
  const text = Buffer.from(anyMessage(chance, lease));
  return frame(1, chance.oneIn(6) ? chance.damage(text) : text);
}

/** A message in which any field may be of any kind. */
function anyMessage(chance: Chance, lease: string): string {
  const number = () => chance.pick([0, 0, 0, 1, 2, -1, 1.5, 2 ** 31, 2 ** 53, null, "0"]);
  const text = () => chance.pick([...TEXTS, ...NUMBERS]);
  const kind = { kind: chance.pick(["prey-0", "", "a b", "__proto__"]), input: anySchema(chance) };
  const fields: readonly (readonly [string, unknown])[] = [
    ["lease", chance.pick([lease, lease, lease, lease, "", "__proto__", null, 1])],
    ["seq", number()],
    ["value", chance.pick([1, null, text(), { a: 1 }, [[]]])],
    ["body", chance.pick(["AA==", "AA", "A A=", "-_==", "", 1])],
    ["contentType", chance.pick(["text/html", "application/json", "a", "a\r\nb", "\u20ac/a", ""])],
    ["fraction", chance.pick([0.5, 2, -1, null, "0.5"])],
    ["message", text()],
    ["error", chance.pick([{ message: text(), retryable: chance.oneIn(2) }, {}, null, text()])],
    ["concurrency", number()],
    ["tags", chance.pick([["a"], [""], "a", null])],
    ["ttl", text()],
    ["n", number()],
    ["name", text()],
    ["kinds", chance.pick([[kind], [], [null], {}, Array(100).fill(kind)])],
    ["resume", chance.pick([{ session: text(), leases: [lease] }, {}, null])],
  ];
  const chosen = fields.filter(() => !chance.oneIn(3));
  const body = JSON.stringify({ type: chance.pick(TYPES), ...Object.fromEntries(chosen) });
  if (!chance.oneIn(8)) return body;
  const odd = chance.pick(["1e400", '"\\ud800"', "[".repeat(1_500) + "]".repeat(1_500), "-0"]);
  return `${body.slice(0, -1)},"value":${odd}}`;
}

function anySchema(chance: Chance): unknown {
  return chance.pick([
    undefined,
    true,
    { $ref: "#" },
    { $ref: "http://evil.example/a" },
    { pattern: "^(a+)+$" },
    { pattern: "(" },
    { properties: { __proto__: { type: "string" } } },
    { allOf: Array(200).fill({ $ref: "#/$defs/a" }), $defs: { a: { $ref: "#/$defs/a" } } },
    1,
  ]);
}

/** Opens a handshake and says something that is no frame at all. */
export const attackSocketBytes: Attack = async (target, chance) => {
  const handshake = requestBytes({
    method: "GET",
    target: "/workers/connect",
    headers: [...target.credentials, ...handshakeHeaders("hearty.v1.msgpack")],
  });
  const bytes = Buffer.concat([handshake, chance.bytes(chance.below(300))]);
  await send(target, bytes, { isBroken: true, patienceMs: 2_000 });
};
