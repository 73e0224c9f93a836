// A short campaign of bad inputs against a real server of each kind, under both runtimes. `scripts/fuzz.ts` runs longer ones.

import { runCampaign } from "../../scripts/fuzz/campaign.ts";
import { Server, type ServerChoice } from "../../scripts/fuzz/server.ts";
import { assert, test } from "../harness/test.ts";

const SEED = 1;
const ROUNDS = Array.from({ length: 1_000 }, (_, round) => round);

const STORES: readonly Omit<ServerChoice, "runtime">[] = [
  { store: "memory", hasTokens: false },
  { store: "file", hasTokens: true },
];

for (const runtime of ["bun", "deno"] as const) {
  for (const choice of STORES) {
    const name = `a store in ${choice.store} and ${choice.hasTokens ? "tokens" : "open doors"}`;
    test(`${runtime}: bad inputs do no harm to a server with ${name}`, async () => {
      await using server = await Server.start({ runtime, ...choice });
      const { url, token } = server;
      const campaign = { url, token, seed: SEED, rounds: ROUNDS, isOwnServer: true };
      const violations = await runCampaign(campaign);
      assert.deepEqual(violations, [], `Again: bun scripts/fuzz.ts --seed ${SEED}`);
      assert.deepEqual(server.faults(), []);
    });
  }
}
