// Runs the benchmarks of scripts/bench/ under both runtimes, one after the other: figures to compare within one run,
// never assertions.
//
//   npm run bench [-- NAME …]

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";

const folder = new URL("./bench/", import.meta.url);
const all = readdirSync(folder).filter((file) => file.endsWith(".ts")).map((file) =>
  file.slice(0, -3)
);
const named = process.argv.slice(2);
const unknown = named.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`Cannot run "${unknown.join(", ")}": there are ${all.join(", ")}`);
  process.exit(2);
}
const RUNTIMES = [["bun"], ["deno", "run", "-A"]] as const;
let failed = false;
for (const name of named.length > 0 ? named : all) {
  for (const [command, ...args] of RUNTIMES) {
    console.log(`\n== ${name}, ${command}`);
    const file = new URL(`${name}.ts`, folder).pathname;
    const { status } = spawnSync(`node_modules/.bin/${command}`, [...args, file], {
      stdio: "inherit",
    });
    failed ||= status !== 0;
  }
}
process.exit(failed ? 1 : 0);
