// Attacks on what every request goes through: framing, path, query, headers, origin.

import { Buffer } from "node:buffer";
import type { Chance } from "./chance.ts";
import { ESCAPES, HEADER_NAMES, HEADER_VALUES, IDS, NUMBERS, TEXTS } from "./nasty.ts";
import { requestBytes } from "./request.ts";
import { ask, type Attack, send, type Target } from "./target.ts";

const HEADS: readonly string[] = [
  ...["GET /jobs HTTP/0.9", "GET /jobs HTTP/2.0", "GET /jobs", "GET  /jobs HTTP/1.1", "GET"],
  ...["PRI * HTTP/2.0\r\n\r\nSM", "GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "get /jobs HTTP/1.1"],
  ...["TRACE /jobs HTTP/1.1", "CONNECT localhost:80 HTTP/1.1", "BREW /jobs HTTP/1.1", "\x16\x03"],
  ...["GET http://evil.example/jobs HTTP/1.1", "GET ftp://localhost/jobs HTTP/1.1", "\0"],
  ...["GET //evil.example/jobs HTTP/1.1", "GET /jobs#a HTTP/1.1", "GET jobs HTTP/1.1"],
];
const LINES: readonly string[] = [
  ...["Host: evil.example", "Host:", "Host: a b", "Host: [::1", "Host: localhost:99999"],
  ...["Host: localhost@evil.example", "Host: evil.example#localhost", "Host: localhost/x"],
  ...["Content-Length: 2", "Content-Length: 3", "Content-Length: +2", "Content-Length: -1"],
  ...["Content-Length: 2, 2", "Content-Length: 1e1", "Content-Length: 999999999999999999999999"],
  ...["Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked"],
  ...["Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Expect: 100-continue"],
  ...["Content-Encoding: gzip", "Connection: close", "Connection: Upgrade", "Upgrade: h2c"],
  ...["A: b\r\n c: d", "A: \0", "A: b\rc: d", ": a", "a", "A : b", "A: \xff", "\xff: a", ""],
];
const TAILS: readonly string[] = [
  ...["", "{}", "{}{}", "2\r\n{}\r\n0\r\n\r\n", "2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n", "zz\r\n{}\r\n"],
  ...["-1\r\n", "fffffffffffffffff\r\n{}", "2\r\n{}0\r\n\r\n", "2\n{}\n0\n\n", "0\r\n\r\n"],
];

/** Bytes that are nearly HTTP, or not at all. */
export const attackFraming: Attack = async (target, chance) => {
  const head = chance.pick([...HEADS, "GET /jobs HTTP/1.1", "POST /jobs/echo HTTP/1.1"]);
  const lines = ["Host: localhost", ...chance.some(4, () => chance.pick(LINES))];
  const end = chance.oneIn(10) ? "\n" : "\r\n";
  const text = [head, ...chance.shuffle(lines), "", ""].join(end) + chance.pick(TAILS);
  const bytes = Buffer.from(text, "latin1");
  const sent = chance.oneIn(3) ? chance.damage(bytes) : bytes;
  // What waits for the rest of a body would wait for it for ten seconds.
  await send(target, sent, { isBroken: true, patienceMs: 150 });
};

const PATHS: readonly string[] = [
  ...["/", "/jobs", "/kinds", "/workers", "/healthz", "/readyz", "/session", "/docs", "/problems"],
  ...["/workers/connect", "/problems/not-found", "/openapi.json", "/queues", "/stats", "/batches"],
];
const PROMISE_PATHS = ["", "/result", "/events", "/input", "/stored", "/nonsense", "/"];
const METHODS = ["GET", "HEAD", "PATCH", "DELETE", "OPTIONS", "PUT", "POST", "TRACE", "COPY"];

/** Any method at any path, most of which are none. */
export const attackPath: Attack = async (target, chance) => {
  let path = knownPath(target, chance);
  for (let times = chance.below(3); times > 0; times--) {
    const at = chance.below(path.length + 1);
    const part = chance.pick([...ESCAPES, "/", "//", "/.", "/..", "/./", "a"]);
    path = `${path.slice(0, at)}${part}${path.slice(at)}`;
  }
  if (chance.oneIn(30)) path += "a".repeat(chance.pick([8_100, 8_192, 16_384, 65_536]));
  // What the other rounds read stays.
  const method = chance.pick(METHODS.filter((name) => name !== "DELETE" || !isOwn(target, path)));
  await ask(target, { method, target: `/${path.slice(1)}` }, { isBroken: true, readMax: 5_000 });
};

function isOwn({ promises }: Target, path: string): boolean {
  return promises.some((id) => path.includes(id));
}

function knownPath({ promises }: Target, chance: Chance): string {
  const id = chance.oneIn(3) ? chance.pick(IDS) : chance.pick(promises);
  return chance.pick([
    ...PATHS,
    ...PROMISE_PATHS.map((rest) => `/promises/${id}${rest}`),
    `/jobs/${id}`,
  ]);
}

const QUERY_NAMES: readonly string[] = [
  ...["wait", "from", "limit", "cursor", "state", "phase", "kind", "owner", "queue", "worker"],
  ...["tag", "since", "order", "reason"],
];
/** The page, whose query says nothing to the server, and what one runtime takes for it. */
const OPEN_PATH = /^\/$|\/(?:\.|%2e)/;
const UNKNOWN_NAMES = ["", "a[]", "__proto__", "constructor", "Wait", "limit ", "hasOwnProperty"];

/** Any query at a path that takes some other. */
export const attackQuery: Attack = async (target, chance) => {
  const names = chance.some(4, () => chance.pick(chance.oneIn(4) ? UNKNOWN_NAMES : QUERY_NAMES));
  const query = names.map((name) => {
    const value = chance.pick([...NUMBERS, ...TEXTS, ...IDS]);
    return `${encodeURIComponent(name)}=${
      chance.oneIn(8) ? chance.pick(ESCAPES) : encodeURIComponent(value)
    }`;
  });
  const path = knownPath(target, chance);
  const hasUnknown = names.some((name) => UNKNOWN_NAMES.includes(name)) && !OPEN_PATH.test(path);
  await ask(target, { method: "GET", target: `${path}?${query.join("&")}` }, {
    isBroken: query.some((text) => /[^\x21-\x7e]/.test(text)),
    // Events and waits go on: their beginning tells enough.
    readMax: 0,
    patienceMs: 2_000,
    // A parameter that nobody knows is never ignored.
    ...(hasUnknown && { statuses: [400, 404, 405, 414, 426] }),
  });
};

/** Any headers at a path that answers. */
export const attackHeaders: Attack = async (target, chance) => {
  const headers = chance.some(4, () => {
    return [chance.pick(HEADER_NAMES), chance.pick(HEADER_VALUES)] as const;
  });
  const lines = chance.oneIn(20) ? chance.pick([95, 99, 100, 101, 129, 199]) : 0;
  for (let i = 0; i < lines; i++) headers.push([`X-${i}`, "a"]);
  const isLarge = headers.length > 100 || headers.some(([, value]) => value.length > 8_000);
  await ask(target, {
    method: chance.oneIn(4) ? "HEAD" : "GET",
    target: knownPath(target, chance),
    headers,
  }, {
    isBroken: isLarge,
    readMax: 400,
    patienceMs: 2_000,
  });
};

const FOREIGN_ORIGINS = ["http://evil.example", "null", "http://localhost.evil.example", "a", ""];
const FOREIGN_HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80"];

/** Pages of elsewhere, by their origin or by a name that points here. */
export const attackOrigin: Attack = async (target, chance) => {
  const isOpen = target.credentials.length === 0;
  if (chance.oneIn(2)) {
    const origin = chance.pick(FOREIGN_ORIGINS);
    const cookie = [["Cookie", `hearty-login=${chance.word()}`]] as const;
    const request = chance.pick([
      { method: "POST", target: "/jobs/echo", body: "{}" },
      { method: "DELETE", target: `/promises/${chance.pick(target.promises)}` },
      { method: "PATCH", target: `/promises/${chance.pick(target.promises)}`, body: "{}" },
      { method: "POST", target: "/session", body: "token=a" },
    ]);
    const headers = [["Origin", origin] as const, ...(isOpen ? [] : cookie)];
    // Without a token, only a cookie could speak for it; what the cookie says is not even looked at.
    await send(target, requestBytes({ ...request, headers }), {
      statuses: isOpen ? [403] : [401, 403],
    });
  } else if (isOpen) {
    const path = chance.pick(["/", "/jobs", "/docs", `/promises/${chance.pick(target.promises)}`]);
    const host = chance.pick(FOREIGN_HOSTS);
    const absolute = chance.oneIn(4) ? `http://localhost${path}` : path;
    await send(
      target,
      requestBytes({ method: "GET", target: absolute, headers: [["Host", host]] }),
      {
        statuses: [400, 403],
      },
    );
  }
};
