// Attacks by readers: they leave at any byte, all wait for the same, and log in with nonsense.

import { TEXTS } from "./nasty.ts";
import { ask, type Attack } from "./target.ts";

const FORMS: readonly string[] = [
  ...["text/event-stream", "application/x-ndjson", "application/json", "multipart/mixed", "*/*"],
  "application/vnd.msgpack",
];

/** A reader that leaves in the middle, wherever that is. */
export const attackReader: Attack = async (target, chance) => {
  const path = `/promises/${chance.pick(target.promises)}/${chance.pick(["result", "events"])}`;
  const from = chance.pick(["", "?from=0", "?from=2", "?from=9007199254740991"]);
  await ask(target, {
    method: "GET",
    target: `${path}${from}`,
    headers: [["Accept", chance.pick(FORMS)]],
  }, { readMax: chance.below(1_000), patienceMs: chance.pick([0, 1, 5, 50]), isBroken: true });
};

/** Many who wait for one promise, and leave. */
export const attackWaiters: Attack = async (target, chance) => {
  const id = chance.pick(target.promises);
  const rest = chance.pick(["?wait=30", "/result?wait=30", "/events"]);
  await Promise.all(Array.from({ length: 30 }, () => {
    const request = { method: "GET", target: `/promises/${id}${rest}` };
    return ask(target, request, { patienceMs: 20 + chance.below(50), isBroken: true });
  }));
};

const FORM = "application/x-www-form-urlencoded";

/** Logins with anything but a token. */
export const attackLogin: Attack = async (target, chance) => {
  const { credentials: _, ...anybody } = target;
  const text = encodeURIComponent(chance.pick(TEXTS));
  const answer = await ask({ ...anybody, credentials: [] }, {
    method: chance.pick(["POST", "GET", "DELETE"]),
    target: "/session",
    headers: [
      ["Content-Type", chance.pick([FORM, FORM, "application/json", "a"])],
      ...chance.oneIn(2) ? [["Authorization", `Bearer ${chance.word()}`] as const] : [],
    ],
    body: chance.pick([`token=${text}`, "token", "=", "token=a&token=b", "%", "{}", ""]),
  });
  const cookie = typeof answer === "string" ? undefined : answer.headers.get("set-cookie");
  if (cookie !== undefined && !/; HttpOnly; SameSite=Strict/.test(cookie)) {
    target.report(`a cookie that pages can use: ${cookie}`);
  }
};
