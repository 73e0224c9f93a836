// What people and programs read: results go to stdout, everything else to stderr. Colours and bars appear on a
// terminal only, and colours not where NO_COLOR is set.

import type { Runtime } from "../runtime/runtime.ts";

/** The reader of stdout has gone (`| head`): nothing is left to do, and nothing is wrong. */
export class PipeClosed extends Error {
  override readonly name = "PipeClosed";
}

/** How far something is. */
export interface Progress {
  /** From 0 to 1; null if unknown. */
  readonly fraction: number | null;
  readonly text: string;
}

/** A style of text on a terminal. */
export type Style = "bold" | "dim" | "red";

const STYLE_CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31 };
const CLEAR_LINE = "\r\x1b[K";
const BAR_WIDTH = 30;

/** Both outputs of a command. */
export class Output {
  readonly #runtime: Runtime;
  #isBarShown = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * Writes a result to stdout.
   * @throws {PipeClosed} if nobody reads it any more.
   */
  async print(data: Uint8Array | string): Promise<void> {
    if (this.#runtime.isTerminal.stdout) this.endProgress();
    if (!await this.#runtime.writeStdout(data)) throw new PipeClosed();
  }

  /** Writes a line to stdout for whoever reads it; nobody need. */
  async announce(line: string): Promise<void> {
    await this.#runtime.writeStdout(`${line}\n`);
  }

  /** Writes to stdout what only a terminal should get. */
  async printOnTerminal(text: string): Promise<void> {
    if (this.#runtime.isTerminal.stdout) await this.print(text);
  }

  /** Tells people something, on a line of its own on stderr. */
  say(line: string): void {
    this.endProgress();
    this.#runtime.writeStderr(`${line}\n`);
  }

  /** Tells people that something went wrong; further lines are indented, so that none passes for ours. */
  fail(message: string): void {
    const lines = message.split("\n").map(visible);
    this.say(`${this.paint("red", "error:")} ${lines.join("\n  ")}`);
  }

  /** Shows or moves the progress bar; does nothing where stderr is no terminal. */
  progress({ fraction, text }: Progress): void {
    if (!this.#runtime.isTerminal.stderr) return;
    const done = Math.round(Math.min(1, Math.max(0, fraction ?? 0)) * BAR_WIDTH);
    const bar = `[${"#".repeat(done)}${"-".repeat(BAR_WIDTH - done)}]`;
    const percent = fraction === null ? "" : ` ${Math.floor(fraction * 100)} %`;
    // Some terminals say 0.
    const columns = this.#runtime.terminalSize()?.columns || 80;
    // A line that wraps could not be cleared.
    this.#runtime.writeStderr(
      CLEAR_LINE + `${bar}${percent} ${visible(text)}`.slice(0, columns - 1),
    );
    this.#isBarShown = true;
  }

  /** Takes the bar away. */
  endProgress(): void {
    if (this.#isBarShown) this.#runtime.writeStderr(CLEAR_LINE);
    this.#isBarShown = false;
  }

  /** Text for stderr in a style, where that can be shown. */
  paint(style: Style, text: string): string {
    if (!this.#runtime.isTerminal.stderr || this.#runtime.env("NO_COLOR")) return text;
    return `\x1b[${STYLE_CODES[style]}m${text}\x1b[0m`;
  }
}

/** Text from outside with its control characters made visible, so that it cannot steer a terminal. */
export function visible(text: string): string {
  // Beside C0, DEL and C1: the marks that turn the direction of text, and the separators that break lines.
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Rows of cells as lines, each column as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, width(cell)));
  }
  return rows.map((row) =>
    row.map((cell, i) => cell + " ".repeat(widths[i]! - width(cell) + gap)).join("").trimEnd()
  );
}

const segmenter = new Intl.Segmenter();

/** Columns that text takes, counted in characters as people see them. */
function width(text: string): number {
  return [...segmenter.segment(text)].length;
}
