// A campaign: a worker that computes, promises of every sort, rounds of attacks in lanes, and what must hold afterwards.

import { setTimeout as sleep } from "node:timers/promises";
import { serveJobs } from "../../src/worker/mod.ts";
import { Chance } from "./chance.ts";
import {
  attackFraming,
  attackHeaders,
  attackOrigin,
  attackPath,
  attackQuery,
} from "./http-attacks.ts";
import {
  attackBody,
  attackChange,
  attackCutPost,
  attackInput,
  attackLeaver,
  attackMeaning,
  attackOptions,
  attackSize,
} from "./post-attacks.ts";
import { attackLogin, attackReader, attackWaiters } from "./reader-attacks.ts";
import { ask, type Attack, jsonOf, type Target } from "./target.ts";
import { attackConversation, attackHandshake, attackSocketBytes } from "./worker-attacks.ts";

/** What a campaign is. */
export interface Campaign {
  readonly url: string;
  /** Bearer token of an administrator who may be a worker, too; null: the server asks for none. */
  readonly token: string | null;
  readonly seed: number;
  /** The rounds to run, by number. */
  readonly rounds: readonly number[];
  /** Whether the server is only here for this: nothing of anybody else is on its board. */
  readonly isOwnServer: boolean;
}

/** Something that must not be, and the round in which it was. */
export interface Violation {
  readonly round: number | null;
  readonly attack: string;
  readonly what: string;
}

/** The attacks; what stands here several times comes as often. */
const ATTACKS: readonly (readonly [times: number, Attack])[] = [
  [12, attackFraming],
  [12, attackPath],
  [12, attackQuery],
  [12, attackHeaders],
  [4, attackOrigin],
  [8, attackInput],
  [8, attackBody],
  [8, attackMeaning],
  [8, attackOptions],
  [4, attackCutPost],
  [3, attackLeaver],
  [4, attackChange],
  [8, attackConversation],
  [4, attackHandshake],
  [3, attackSocketBytes],
  [6, attackReader],
  [2, attackLogin],
];
/** What takes much more than the others, each once in so many rounds. */
const HEAVY: readonly (readonly [every: number, Attack])[] = [
  [97, attackWaiters],
  [499, attackSize],
];
const LANES = 8;
/** How soon a server in good health answers, in ms. */
const HEALTHY_MS = 100;

/** Runs a campaign and says what went wrong. */
export async function runCampaign(campaign: Campaign): Promise<readonly Violation[]> {
  const violations: Violation[] = [];
  let current: Omit<Violation, "what"> = { round: null, attack: "before" };
  const { token } = campaign;
  const url = new URL(campaign.url);
  const target: Omit<Target, "promises"> = {
    address: { host: url.hostname, port: Number(url.port || 80) },
    url: campaign.url,
    credentials: token === null ? [] : [["Authorization", `Bearer ${token}`]],
    report: (what) => violations.push({ ...current, what }),
  };
  const stop = new AbortController();
  const worker = serveJobs({
    url: campaign.url,
    ...(token !== null && { token }),
    name: `fuzz-${crypto.randomUUID()}`,
    concurrency: 1_000,
    signal: stop.signal,
    drainMs: 0,
    kinds: KINDS,
  });
  await worker.ready;
  const promises = await seedPromises({ ...target, promises: [] });
  const rounds = campaign.rounds.values();
  const lane = async () => {
    for (const round of rounds) {
      const chance = new Chance(campaign.seed, round);
      const attack = attackOf(round, chance);
      const place = { round, attack: attack.name };
      const report = (what: string) => violations.push({ ...place, what });
      await attack({ ...target, promises, report }, chance);
      if (round % 50 === 0) await checkHealth({ ...target, promises, report });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  current = { round: null, attack: "after" };
  await settle({ ...target, promises }, campaign.isOwnServer);
  stop.abort();
  await worker.closed;
  return violations;
}

const until = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

const KINDS = {
  echo: (input: unknown) => input,
  items: async function* () {
    for (const item of [1, "a\n\r\ndata: b\u2028\0]]>", null, { a: [] }]) {
      yield await Promise.resolve(item);
    }
  },
  page: () => new Blob(["<script>alert(1)</script>"], { type: "text/html" }),
  fail: () => Promise.reject(new TypeError("No such curve")),
  hold: (_: unknown, { signal }: { signal: AbortSignal }) => until(signal),
  leave: (_: unknown, { signal }: { signal: AbortSignal }) => until(signal),
  "nobody-computes-this": (_: unknown, { signal }: { signal: AbortSignal }) => until(signal),
};

function attackOf(round: number, chance: Chance): Attack {
  for (const [every, attack] of HEAVY) {
    if (round % every === every - 1) return attack;
  }
  return chance.pick(ATTACKS.flatMap(([times, attack]) => Array<Attack>(times).fill(attack)));
}

/** One promise of each kind; those that end have ended. */
async function seedPromises(target: Target): Promise<readonly string[]> {
  const kinds = ["echo", "items", "page", "fail", "hold"];
  return await Promise.all(kinds.map(async (kind) => {
    const answer = await ask(target, {
      method: "POST",
      target: `/jobs/${kind}?ttl=10m`,
      headers: [["Content-Type", "application/json"]],
      body: `"${kind} ${Date.now()}"`,
    }, { statuses: [202] });
    const id = String(jsonOf(answer)?.["id"]);
    if (kind !== "hold") {
      await ask(target, { method: "GET", target: `/promises/${id}?wait=10` }, { statuses: [200] });
    }
    return id;
  }));
}

/** On a busy machine one answer may be late, but not three. */
async function checkHealth(target: Target): Promise<void> {
  let ms = Infinity;
  for (let tries = 0; tries < 3 && ms > HEALTHY_MS; tries++) {
    const before = performance.now();
    await ask(target, { method: "GET", target: "/healthz" }, { statuses: [200] });
    ms = performance.now() - before;
  }
  if (ms > HEALTHY_MS) target.report(`the server takes ${ms.toFixed(0)} ms to say that it lives`);
}

const SETTLE_MS_MAX = 15_000;

/** When all have left and everything is withdrawn and forgotten, nothing is left. */
async function settle(target: Target, isOwnServer: boolean): Promise<void> {
  await checkHealth(target);
  const before = Date.now();
  const isLate = () => Date.now() - before > SETTLE_MS_MAX;
  const list = async (query: string) => {
    const answer = await ask(target, { method: "GET", target: `/jobs?${query}` });
    return (jsonOf(answer)?.["items"] ?? []) as readonly { id: string; owner: string | null }[];
  };
  while ((await list("kind=leave&state=pending")).length > 0) {
    if (isLate()) return target.report("jobs go on though all who waited for them have left");
    await sleep(50);
  }
  if (!isOwnServer) return;
  for (;;) {
    const pending = await list("state=pending&limit=1000");
    if (pending.length === 0) break;
    if (isLate()) return target.report(`${pending.length} jobs cannot be withdrawn`);
    await Promise.all(pending.map(({ id, owner }) => {
      return ask(target, { method: "DELETE", target: `/promises/${id}?owner=${owner}` });
    }));
  }
  for (;;) {
    const settled = await list("limit=1000");
    if (settled.length === 0) return;
    if (isLate()) return target.report(`${settled.length} promises cannot be forgotten`);
    await Promise.all(settled.map(({ id }) => {
      return ask(target, { method: "DELETE", target: `/promises/${id}/stored` });
    }));
  }
}
