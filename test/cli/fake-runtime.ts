// A runtime that exists in memory: arguments, environment, files and both outputs.

import type { Runtime, Signal } from "../../src/runtime/runtime.ts";

/** What the fake starts with. */
export interface Surroundings {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly terminals?: {
    readonly stdin?: boolean;
    readonly stdout?: boolean;
    readonly stderr?: boolean;
  };
  readonly isStdoutClosed?: boolean;
}

/** The fake, and what a test sees of it. */
export interface FakeRuntime extends Runtime {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly signal: (signal: Signal) => void;
}

/** Makes one. What no test of the command line needs throws. */
export function fakeRuntime(given: Surroundings = {}): FakeRuntime {
  let stdout = "";
  let stderr = "";
  const listeners: { readonly signal: Signal; readonly fire: () => void }[] = [];
  const { stdin = "", files = {}, terminals = {} } = given;
  const text = (data: Uint8Array | string) =>
    typeof data === "string" ? data : new TextDecoder().decode(data);
  const absent = (): never => {
    throw new Error("Not in this fake");
  };
  return {
    name: "bun",
    version: "1.2.3",
    args: given.args ?? [],
    pid: 42,
    sha256: absent,
    env: (name) => given.env?.[name],
    hostname: () => "host",
    listen: absent,
    onSignal(signal, fire) {
      const listener = { signal, fire };
      listeners.push(listener);
      return () => void listeners.splice(listeners.indexOf(listener), 1);
    },
    onFault() {},
    exit: (code) => {
      throw new Error(`Exit ${code}`);
    },
    readFile(path) {
      const content = files[path];
      if (content !== undefined) return Promise.resolve(new TextEncoder().encode(content));
      return Promise.reject(Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" }));
    },
    writeFile: absent,
    readStdin: () => Promise.resolve(new TextEncoder().encode(stdin)),
    writeStdout(data) {
      if (given.isStdoutClosed) return Promise.resolve(false);
      stdout += text(data);
      return Promise.resolve(true);
    },
    writeStderr: (data) => void (stderr += data),
    isTerminal: {
      stdin: terminals.stdin ?? false,
      stdout: terminals.stdout ?? false,
      stderr: terminals.stderr ?? false,
    },
    terminalSize: () => terminals.stdout ? { columns: 60, rows: 20 } : null,
    spawnSelf: absent,
    fileUrl: absent,
    importFile: absent,
    rssBytes: () => 0,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (signal) => {
      for (const listener of [...listeners]) if (listener.signal === signal) listener.fire();
    },
  };
}
