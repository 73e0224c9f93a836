// `--auth`: a tokens file, which is read again at each SIGHUP.

import { decodeUtf8 } from "../base/bytes.ts";
import { type Authenticator, tokenDoor } from "../mod.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./args.ts";
import { CommandError } from "./command.ts";
import type { LogRecord } from "./log.ts";

/** Who may call, as the command line says it. */
export interface Auth {
  /** What `createHearty` is given; empty: the application's, or everybody may call. */
  readonly options: { readonly authenticator?: Authenticator };
  /** Hears no more signals. */
  stop(): void;
}

/**
 * Opens what `--auth` names.
 * @throws {UsageError} if it is not available.
 * @throws {CommandError} if the tokens file cannot be read, or is none.
 */
export async function openAuth(
  runtime: Runtime,
  auth: string,
  log: (record: LogRecord) => void,
): Promise<Auth> {
  if (auth === "none") return { options: {}, stop: () => undefined };
  if (!auth.startsWith(TOKENS)) throw new UsageError("Cannot use --auth jwt: not available yet");
  const file = auth.slice(TOKENS.length);
  const door = await readTokens(runtime, file, (text) => tokenDoor(text, runtime.sha256));
  const stop = runtime.onSignal("SIGHUP", () => {
    readTokens(runtime, file, (text) => door.replace(text)).then(
      () => log({ level: "info", message: "Read the tokens file again", file }),
      ({ message }: CommandError) =>
        log({ level: "error", message: "Kept the old tokens", file, reason: message }),
    );
  });
  return { options: { authenticator: door }, stop };
}

const TOKENS = "tokens:";

async function readTokens<T>(
  runtime: Runtime,
  file: string,
  use: (text: string) => T,
): Promise<T> {
  try {
    return use(decodeUtf8(await runtime.readFile(file)) ?? "");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`Cannot use the tokens file "${file}": ${why}`, { cause });
  }
}
