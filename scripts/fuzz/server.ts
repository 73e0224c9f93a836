// A server for a campaign alone, under either runtime.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Which server. */
export interface ServerChoice {
  readonly runtime: "bun" | "deno";
  readonly store: "memory" | "file";
  /** Whether it asks for a token. */
  readonly hasTokens: boolean;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = "src/cli/main.ts";
const COMMANDS = {
  bun: ["node_modules/.bin/bun", MAIN],
  deno: ["node_modules/.bin/deno", "run", "-A", "--no-check", MAIN],
};
const TOKEN = "the-token-of-the-fuzzer";

/** A server that runs; disposing of it ends it. */
export class Server {
  readonly url: string;
  readonly token: string | null;
  readonly #child: ChildProcess;
  readonly #log: () => string;
  readonly #folder: string;

  private constructor(
    child: ChildProcess,
    parts: { url: string; token: string | null; log: () => string; folder: string },
  ) {
    this.#child = child;
    this.url = parts.url;
    this.token = parts.token;
    this.#log = parts.log;
    this.#folder = parts.folder;
  }

  /** Starts one. @throws {Error} if it ends before it listens. */
  static async start({ runtime, store, hasTokens }: ServerChoice): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "hearty-fuzz-"));
    const tokens = join(folder, "tokens.json");
    if (hasTokens) writeFileSync(tokens, tokensFile());
    const [command, ...args] = COMMANDS[runtime];
    const options = {
      port: "0",
      store: store === "memory" ? "memory" : `file:${join(folder, "jobs.db")}`,
      auth: hasTokens ? `tokens:${tokens}` : "none",
      ttl: "1s",
      grace: "1s",
      log: "json",
    };
    for (const [name, value] of Object.entries(options)) args.push(`--${name}`, value);
    args.splice(args.indexOf(MAIN) + 1, 0, "serve");
    const child = spawn(command!, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let [out, log] = ["", ""];
    child.stderr.setEncoding("utf8").on("data", (text: string) => log += text);
    const url = await new Promise<string>((resolve, reject) => {
      child.once("close", () => reject(new Error(`The server ended: ${log}`)));
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        const address = /^listening on (\S+)\n/.exec(out)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    return new Server(child, { url, token: hasTokens ? TOKEN : null, log: () => log, folder });
  }

  /** What the log says that it should not, and how the server ended if it did. */
  faults(): readonly string[] {
    const lines = this.#log().split("\n").filter((line) => /"level":"(?:error|warn)"/.test(line));
    const { exitCode, signalCode } = this.#child;
    const end = exitCode ?? signalCode;
    return end === null ? lines : [...lines, `The server has ended: ${end}`];
  }

  /** Memory in use, in MiB; null where the system does not tell. */
  residentMib(): number | null {
    const file = `/proc/${this.#child.pid}/status`;
    if (!existsSync(file)) return null;
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, "utf8"))?.[1];
    return kib === undefined ? null : Math.round(Number(kib) / 1_024);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function tokensFile(): string {
  const hash = `sha256:${createHash("sha256").update(TOKEN).digest("hex")}`;
  const roles = ["admin", "worker"];
  return JSON.stringify({ tokens: [{ name: "fuzz", hash, owner: "fuzz", roles }] });
}
