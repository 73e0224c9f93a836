// Attacks a server with bad inputs, and says what it should not have done. The same seed makes the same attacks.
//
//   bun scripts/fuzz.ts [--seed N] [--rounds N] [--round N] [--url URL [--token TOKEN]]
//
// Without a url it starts servers of its own: both runtimes, each with a store in memory and with one in a file.

import process from "node:process";
import { parseArgs } from "node:util";
import { runCampaign, type Violation } from "./fuzz/campaign.ts";
import { Server, type ServerChoice } from "./fuzz/server.ts";

const CHOICES: readonly ServerChoice[] = [
  { runtime: "bun", store: "memory", hasTokens: false },
  { runtime: "deno", store: "memory", hasTokens: false },
  { runtime: "bun", store: "file", hasTokens: true },
  { runtime: "deno", store: "file", hasTokens: true },
];
const SHOWN_MAX = 20;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    rounds: { type: "string", default: "1000" },
    round: { type: "string" },
    url: { type: "string" },
    token: { type: "string" },
  },
});
const seed = whole("seed", values.seed);
const rounds = values.round === undefined
  ? Array.from({ length: whole("rounds", values.rounds) }, (_, round) => round)
  : [whole("round", values.round)];
const shape = { seed, rounds };
let count = 0;
if (values.url !== undefined) {
  const token = values.token ?? null;
  show(values.url, await runCampaign({ ...shape, url: values.url, token, isOwnServer: false }));
} else {
  for (const choice of CHOICES) await attackOwn(choice);
}
console.log(`seed ${seed}: ${count} violations`);
process.exit(count > 0 ? 1 : 0);

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  console.error(`Cannot use --${name} "${text}": wanted is a whole number`);
  process.exit(2);
}

async function attackOwn(choice: ServerChoice): Promise<void> {
  await using server = await Server.start(choice);
  const { url, token } = server;
  const before = performance.now();
  const mibBefore = server.residentMib();
  const violations = await runCampaign({ ...shape, url, token, isOwnServer: true });
  const faults = server.faults().map((what) => ({ round: null, attack: "log", what }));
  const seconds = ((performance.now() - before) / 1_000).toFixed(1);
  const name = `${choice.runtime}, ${choice.store}, ${choice.hasTokens ? "tokens" : "no tokens"}`;
  console.log(`${name}: ${seconds} s, ${mibBefore} → ${server.residentMib()} MiB`);
  show(name, [...violations, ...faults]);
}

function show(name: string, violations: readonly Violation[]): void {
  count += violations.length;
  for (const { round, attack, what } of violations.slice(0, SHOWN_MAX)) {
    const again = round === null
      ? ""
      : `; again: bun scripts/fuzz.ts --seed ${seed} --round ${round}`;
    console.log(`${name}: ${attack}: ${what}${again}`);
  }
  if (violations.length > SHOWN_MAX) console.log(`… and ${violations.length - SHOWN_MAX} more`);
}
