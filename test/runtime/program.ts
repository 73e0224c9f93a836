// The program as a process, under either runtime.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How the program is started under each runtime; under Deno as by its task, whose permissions must do, but for the tests' own folders. */
export const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  bun: ["node_modules/.bin/bun", "src/cli/main.ts"],
  deno: denoCommand(),
};

function denoCommand(): readonly string[] {
  const { tasks } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const words = String(tasks.hearty).split(" ");
  const flags = ["--no-prompt", "--no-check"];
  for (const right of ["read", "write"]) flags.push(`--allow-${right}=${tmpdir()}`);
  return [...words.slice(0, 2), ...flags, ...words.slice(2)];
}

/** What a process is given. */
export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that runs. Disposing of it kills it, so that no test leaves one behind. */
export class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #nudges = new Set<() => void>();
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(
    command: readonly string[],
    args: readonly string[],
    { env = {}, stdin }: Given = {},
  ) {
    const [file, ...rest] = command;
    this.#child = spawn(file!, [...rest, ...args], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", ...env },
    });
    this.#child.stdin.end(stdin);
    this.#child.stdout.setEncoding("utf8").on(
      "data",
      (text) => this.#hear(() => this.stdout += text),
    );
    this.#child.stderr.setEncoding("utf8").on(
      "data",
      (text) => this.#hear(() => this.stderr += text),
    );
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        this.#hear(() => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
      });
    });
  }

  /** The processes that it has started and that live; null where the system does not tell. */
  children(): readonly number[] | null {
    const pid = this.#child.pid!;
    const file = `/proc/${pid}/task/${pid}/children`;
    if (!existsSync(file)) return null;
    return readFileSync(file, "utf8").split(" ").filter((word) => word !== "").map(Number);
  }

  /** The first group of a pattern, once stdout or stderr holds it. @throws {Error} if the process ends without. */
  async told(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match[1] ?? match[0];
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`It ended without ${pattern}: ${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.#nudges.add(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops reading stdout, as `head` does. */
  closeStdout(): void {
    this.#child.stdout.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  #hear(change: () => void): void {
    change();
    for (const nudge of this.#nudges) nudge();
    this.#nudges.clear();
  }
}
