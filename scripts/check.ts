// Everything that CI runs, in order, in both runtimes: format, lint, types, then the tests. Run it with
// `npm test`; `--help` lists the steps. The last line of its output is `N passed, N failed`.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Counts, countTests } from "./junit.ts";

/** One thing to run: it counts as one test, or as many as its report says. */
interface Step {
  readonly name: string;
  readonly about: string;
  /** One of the project's own binaries and its arguments, by spaces. */
  readonly command: string;
  /** What goes before the name of the JUnit report; null where the command writes none. */
  readonly reportOption: string | null;
}

const BUN_REPORT = "--reporter=junit --reporter-outfile=";

/** In this order, since a later one says little where an earlier one has failed. */
const STEPS: readonly Step[] = [
  {
    name: "fmt",
    about: "the format of every file",
    command: "deno fmt --check",
    reportOption: null,
  },
  {
    name: "lint",
    about: "the lint of every file",
    command: "deno lint",
    reportOption: null,
  },
  {
    name: "tsc",
    about: "the types, by TypeScript's compiler",
    command: "tsc -p .",
    reportOption: null,
  },
  {
    name: "deno-check",
    about: "the types, by Deno's",
    command: "deno check --quiet src test scripts",
    reportOption: null,
  },
  {
    name: "bun",
    about: "the unit tests under Bun",
    // The limit for one test is that of a very busy machine.
    command: "bun test --timeout=60000 --path-ignore-patterns=test/runtime/**",
    reportOption: BUN_REPORT,
  },
  {
    name: "deno",
    about: "the unit tests under Deno",
    // The task, in deno.json, holds the permissions.
    command: "deno task --quiet test",
    reportOption: "--junit-path=",
  },
  {
    name: "docs",
    about: "the examples in doc comments, under Deno",
    command: "deno test --allow-all --doc --no-check src",
    reportOption: "--junit-path=",
  },
  {
    name: "runtime",
    about: "real servers of both runtimes, from outside",
    command: "bun test --timeout=300000 ./test/runtime/",
    reportOption: BUN_REPORT,
  },
];

/** How a command ended, and what it printed. */
interface Outcome {
  readonly hasFailed: boolean;
  readonly output: string;
}

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");

/** A step that takes longer hangs; it is ended and has failed. */
const STEP_MS_MAX = 25 * 60_000;

await main();

async function main(): Promise<void> {
  const steps = selectSteps();
  const reports = mkdtempSync(join(tmpdir(), "hearty-check-"));
  process.on("exit", () => rmSync(reports, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const step of steps) {
    const counts = await runStep(step, join(reports, `${step.name}.xml`));
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  console.log(summary(total));
  process.exitCode = total.failed > 0 ? 1 : 0;
}

function selectSteps(): readonly Step[] {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log("Usage: bun scripts/check.ts [--only STEP[,STEP…]]\n\nSteps, in order:");
    for (const { name, about } of STEPS) console.log(`  ${name.padEnd(12)}${about}`);
    process.exit(0);
  }
  const names = STEPS.map(({ name }) => name);
  const only = values.only.flatMap((list) => list.split(","));
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    console.error(`Cannot run step "${unknown}": wanted ${names.join(", ")}`);
    process.exit(2);
  }
  return only.length === 0 ? STEPS : STEPS.filter(({ name }) => only.includes(name));
}

async function runStep(step: Step, report: string): Promise<Counts> {
  const started = performance.now();
  const reporting = step.reportOption === null ? "" : ` ${step.reportOption}`;
  const [name, ...args] = `${step.command}${reporting}`.split(" ");
  if (reporting !== "") args[args.length - 1] += report;
  const outcome = await run(name!, args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const counts = reporting === "" ? oneTest(outcome) : reportedTests(report, outcome);
  console.log(`${step.name.padEnd(12)}${seconds.padStart(6)} s  ${summary(counts)}`);
  if (counts.failed > 0) console.log(outcome.output.trimEnd());
  else for (const line of skippedLines(outcome.output)) console.log(line);
  return counts;
}

function oneTest({ hasFailed }: Outcome): Counts {
  return { passed: hasFailed ? 0 : 1, failed: hasFailed ? 1 : 0, skipped: 0 };
}

/** What a report counts. The exit code counts as well: a file that does not even load stands in no report. */
function reportedTests(report: string, { hasFailed, output }: Outcome): Counts {
  const found = countTests(existsSync(report) ? readFileSync(report, "utf8") : "");
  const isEmpty = found.passed + found.skipped === 0;
  const failed = Math.max(found.failed, hasFailed || isEmpty ? 1 : 0);
  const skipped = Math.max(found.skipped, skippedLines(output).length);
  // CI has every program that a test can need: there, a skipped test is a hole in the net.
  const isCi = process.env["HEARTY_CAMPAIGN"] === "ci";
  return {
    passed: found.passed,
    failed: failed + (isCi ? skipped : 0),
    skipped: isCi ? 0 : skipped,
  };
}

/** What a test prints that lacks a program which this machine does not have. */
function skippedLines(output: string): readonly string[] {
  return output.split("\n").filter((line) => line.startsWith("skipped: "));
}

function summary({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Runs one of the project's own binaries and gathers what it prints. */
function run(name: string, args: readonly string[]): Promise<Outcome> {
  // In a process group of its own, so that nothing which a test started can outlive its step.
  const child = spawn(join(BIN, name), args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const gather = (chunk: string) => output += chunk;
  child.stdout.setEncoding("utf8").on("data", gather);
  child.stderr.setEncoding("utf8").on("data", gather);
  const endGroup = () => killGroup(child.pid);
  const limit = setTimeout(endGroup, STEP_MS_MAX);
  process.on("exit", endGroup);
  return new Promise((resolve) => {
    const end = (hasFailed: boolean, last: string) => {
      clearTimeout(limit);
      process.off("exit", endGroup);
      resolve({ hasFailed, output: output + last });
    };
    child.on("error", (error) => end(true, `\n${error.message}`));
    child.on("exit", endGroup);
    child.on("close", (code, signal) => {
      end(code !== 0, signal === null ? "" : `\n${name} was ended by ${signal}`);
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return; // It never started.
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The whole group has ended by itself.
  }
}
