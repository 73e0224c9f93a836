// The part of a runtime that Bun and Deno spell alike, through the node: modules that both have.

import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import process from "node:process";
import { isatty } from "node:tty";
import { pathToFileURL } from "node:url";
import type { Child, Runtime } from "./runtime.ts";

/** All but what each runtime says of itself; `selfArgs` are the executable's arguments that run this program again. */
export function system(
  { selfArgs }: { selfArgs: () => readonly string[] },
): Omit<Runtime, "name" | "version" | "sha256" | "listen"> {
  return {
    args: process.argv.slice(2),
    pid: process.pid,
    env: (name) => process.env[name],
    hostname,
    onSignal(signal, fire) {
      const listen = () => fire();
      process.on(signal, listen);
      return () => process.off(signal, listen);
    },
    onFault(fire) {
      process.on("uncaughtException", fire);
      process.on("unhandledRejection", fire);
    },
    exit: (code) => process.exit(code),
    async readFile(path) {
      return plain(await readFile(path));
    },
    async writeFile(path, data, { isNew = false, mode } = {}) {
      await writeFile(path, data, {
        flag: isNew ? "wx" : "w",
        ...(mode === undefined ? {} : { mode }),
      });
    },
    readStdin,
    writeStdout: stdoutWriter(),
    writeStderr: stderrWriter(),
    isTerminal: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    terminalSize() {
      if (!isatty(1)) return null;
      return { columns: process.stdout.columns, rows: process.stdout.rows };
    },
    spawnSelf: (args, env = {}) => start([...selfArgs(), ...args], env),
    fileUrl: (path) => pathToFileURL(resolve(path)).href,
    importFile: (path) => import(pathToFileURL(resolve(path)).href),
    rssBytes: () => process.memoryUsage.rss(),
  };
}

/** The bytes without Buffer's own methods, some of which (`slice`) differ from Uint8Array's. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return plain(Buffer.concat(chunks));
}

/** A writer to stdout that remembers its first failure: later writes seem to succeed in Bun 1.4 and never end in Deno 2.9. */
function stdoutWriter(): (data: Uint8Array | string) => Promise<boolean> {
  let failure: NodeJS.ErrnoException | null = null;
  const fail = (error: NodeJS.ErrnoException) => void (failure ??= error);
  let isHeard = false;
  return async (data) => {
    if (!isHeard) process.stdout.on("error", fail);
    isHeard = true;
    if (failure === null) {
      await new Promise<void>((resolve) => {
        process.stdout.write(data, (error) => {
          if (error) fail(error);
          resolve();
        });
      }).catch(fail);
    }
    if (failure === null) return true;
    if ((failure as NodeJS.ErrnoException).code === "EPIPE") return false;
    throw failure;
  };
}

/** A writer to stderr; when that is closed, nobody is left to be told. */
function stderrWriter(): (text: string) => void {
  let isHeard = false;
  return (text) => {
    if (!isHeard) process.stderr.on("error", () => {});
    isHeard = true;
    process.stderr.write(text);
  };
}

function start(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  // Our stdout is for results: a child's output is told to people, on stderr.
  const child = spawn(process.execPath, args, {
    // Our end of its stdin closes when this process ends, however it ends.
    stdio: ["pipe", 2, 2],
    env: { ...process.env, ...env },
  });
  // The pipe breaks when the child ends, which `exited` tells.
  child.stdin?.on("error", () => undefined);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", reject);
  });
  return {
    pid: child.pid!,
    exited,
    kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // After `child.kill`, Deno 2.9 tells every end as the signal's, an orderly one too; so only that is sent with
      // it which allows no other end. `process.kill` wants the permission to run everything.
      if (signal === "SIGKILL") child.kill(signal);
      else process.kill(child.pid!, signal);
    },
  };
}
