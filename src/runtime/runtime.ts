// What Hearty needs of a runtime beyond web standards: one small interface, with one answer each for Bun and Deno.

import type { Port } from "../base/port.ts";

/** Where to listen and with which bounds. */
export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Largest WebSocket frame, in bytes; larger ones close the socket with 1009. */
  readonly frameBytesMax: number;
  /** Largest request body that any route takes, in bytes; the runtime's own limit is set above it, so that the application's answer comes first. */
  readonly bodyBytesMax: number;
  /** Called for a fault that nobody else can report (a throwing handler); never with a client's mistake. */
  readonly onFault: (error: unknown) => void;
}

/** What the handler may ask of the connection that a request came on. */
export interface Connection {
  /** The peer's address, without port. */
  readonly address: string;
  /** Whether a `Content-Length` that is set for a streamed body goes out; else the body goes out in chunks. */
  readonly keepsLength: boolean;
  /** The request or its answer may be silent for long (a wait, a stream, an upload that the application times itself): no idle timer of the runtime may cut it. */
  keepOpen(): void;
  /**
   * Turns the request into a WebSocket that speaks `protocol`. `open` gets the port, whose events it must set at
   * once. The answer must be returned from the handler as it is.
   * @throws {TypeError} if the request is no valid upgrade.
   */
  upgrade(protocol: string, open: (port: Port) => void): Response;
}

/** Answers a request. */
export type Handler = (request: Request, connection: Connection) => Response | Promise<Response>;

/** A listening server. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Refuses new connections, lets answers under way finish until `graceMs` is over, then cuts what is left. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

/** A signal of the operating system that we listen to. */
export type Signal = "SIGTERM" | "SIGINT" | "SIGHUP";

/** A process that was started by `spawn`. */
export interface Child {
  readonly pid: number;
  /** Resolves with the exit code when it has ended; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/** One runtime. */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly version: string;
  /** Command-line arguments after the program's file. */
  readonly args: readonly string[];
  readonly pid: number;
  /** SHA-256 of bytes or of text as UTF-8, in lower-case hexadecimal. Synchronous. */
  sha256(data: Uint8Array | string): string;
  /** An environment variable, or undefined. */
  env(name: string): string | undefined;
  hostname(): string;
  listen(options: ListenOptions, handler: Handler): Promise<Listener>;
  /** Calls `fire` at each such signal; the answer stops listening. */
  onSignal(signal: Signal, fire: () => void): () => void;
  /** Calls `fire` for an exception or rejection that nobody caught; the process then goes on, so `fire` must end it. */
  onFault(fire: (error: unknown) => void): void;
  exit(code: number): never;
  /** @throws the runtime's error, with `code` `ENOENT` and the like. */
  readFile(path: string): Promise<Uint8Array>;
  /** `isNew`: fails if the file is there. */
  writeFile(
    path: string,
    data: Uint8Array | string,
    options?: { isNew?: boolean; mode?: number },
  ): Promise<void>;
  /** The whole of standard input. */
  readStdin(): Promise<Uint8Array>;
  /** Resolves when written; a closed pipe resolves to false. */
  writeStdout(data: Uint8Array | string): Promise<boolean>;
  writeStderr(text: string): void;
  readonly isTerminal: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
  };
  /** Columns and rows of the terminal on stdout; null if it is none. */
  terminalSize(): { columns: number; rows: number } | null;
  /** Runs this program again with other arguments; its output is told on our stderr, its stdin ends when we do. */
  spawnSelf(args: readonly string[], env?: Readonly<Record<string, string>>): Child;
  /** The URL of a file by a path relative to the current folder. */
  fileUrl(path: string): string;
  /** Imports a user's module by a path relative to the current folder. */
  importFile(path: string): Promise<Record<string, unknown>>;
  /** Bytes of memory that the process occupies. */
  rssBytes(): number;
}
