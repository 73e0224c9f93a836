// The log of a server or a worker, on stderr: lines for people, or JSON for machines.

import { choice, option } from "./options.ts";
import type { Context } from "./command.ts";
import { visible } from "./output.ts";

/** How grave a record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Something that operators want to know; its members beside `level` and `message` are details. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly [detail: string]: unknown;
}

/** The options of a command that logs. */
export const logOptions = {
  log: option(choice(["text", "json", "none"]).default("text"), {
    value: "text|json|none",
    help: "the log on stderr",
  }),
  "log-level": option(choice(["debug", "info", "warn", "error"]).default("info"), {
    value: "LEVEL",
    help: "the least that is logged: debug, info, warn, error",
    isRare: true,
  }),
};

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A function that writes records. */
export function logger(
  { out, clock }: Pick<Context, "out" | "clock">,
  options: { readonly log: "text" | "json" | "none"; readonly "log-level": LogLevel },
): (record: LogRecord) => void {
  return (record) => {
    if (options.log === "none" || RANKS[record.level] < RANKS[options["log-level"]]) return;
    const time = new Date(clock.now().wall).toISOString();
    out.say(options.log === "json" ? jsonLine(time, record) : textLine(time, record));
  };
}

function jsonLine(time: string, { level, message, ...details }: LogRecord): string {
  return JSON.stringify({ time, level, message, ...details }, (_name, value) => plain(value));
}

function textLine(time: string, { level, message, ...details }: LogRecord): string {
  const parts = Object.entries(details).map(([name, value]) => `${name}=${shown(value)}`);
  return [time, level.padEnd(5), message, ...parts].map(visible).join(" ");
}

function shown(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(plain(value)) ?? "";
}

/** Errors keep their stack in a log, and nowhere else; integers beyond doubles keep their digits. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === "bigint" ? String(value) : value;
}
