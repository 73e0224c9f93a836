// Reads the project's own text for the tidy tests, and reports what they find in it.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assert } from "../harness/test.ts";
import { blank } from "./blank.ts";

/** One TypeScript file: its path from the root of the project, its text, and the same text blanked. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments, strings and regexes blanked: every place stays what it was in `text`. */
  readonly code: string;
}

/** Something that breaks a rule of the house. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  /** The rule in words, with what broke it. */
  readonly rule: string;
}

/** The project's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const NOT_OURS = new Set([".git", ".reports", "node_modules"]);

/** The paths of all files below these folders (or of the whole project: ""), from the root, sorted. */
export function pathsBelow(...folders: readonly string[]): readonly string[] {
  return folders.flatMap(walk).sort();
}

function walk(folder: string): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [path] : [];
  });
}

/** The text of a file. */
export function readText(path: string): string {
  return readFileSync(ROOT + path, "utf8");
}

/** All TypeScript files below these folders. */
export function readSources(...folders: readonly string[]): readonly Source[] {
  return pathsBelow(...folders)
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => source(path, readText(path)));
}

/** A source from a path and a text. */
export function source(path: string, text: string): Source {
  return { path, text, code: blank(text) };
}

/** The number of the line that holds this place of a text. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

/** One fault for each match of a pattern in a text. */
export function faultsOf(path: string, text: string, pattern: RegExp, rule: string): Fault[] {
  return [...text.matchAll(pattern)].map((match) => {
    return { path, line: lineAt(text, match.index), rule: `${rule}: ${match[0].trim()}` };
  });
}

/** Fails with one line a fault. */
export function assertNoFaults(faults: readonly Fault[]): void {
  const lines = faults.map(({ path, line, rule }) => `${path}:${line}: ${rule}`);
  assert.ok(faults.length === 0, `${faults.length} to put right\n${lines.join("\n")}\n`);
}
