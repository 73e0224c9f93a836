// Finds what a source imports, in every spelling that this project uses, and the cycles among files.

import { posix } from "node:path";
import { closing } from "./blank.ts";
import { type Fault, lineAt, type Source } from "./source.ts";

/** One import, export-from, dynamic import or `new URL(…, import.meta.url)`. */
export interface Import {
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** From the root of the project, where the specifier is relative; otherwise null. */
  readonly path: string | null;
  /** The package's name, or "node:", where the specifier names one; otherwise null. */
  readonly package: string | null;
  /** Whether it is gone once types are stripped. */
  readonly isTypeOnly: boolean;
}

// The clause of an import holds names, braces and commas only, so a match never reaches into another statement.
const STATIC =
  /\b(?:import|export)\s+(type\s(?!\s*from\b))?(?:(?!\b(?:import|export)\b)[\w$*\s{},])*?\bfrom\s*(["'])( *)\2/g;
const BARE = /\bimport\s*(["'])( *)\1/g;
const DYNAMIC = /\bimport(?:\.meta\.resolve)?\s*\(\s*(["'`])( *)\1/g;
const URLS = /\bnew\s+URL\s*\(/g;
const QUOTED = /(["'])( *)\1/g;

/** Everything that a source imports, in the order of its lines. */
export function importsOf({ path, text, code }: Source): readonly Import[] {
  const found: Import[] = [];
  const add = (quote: number, length: number, isTypeOnly: boolean) => {
    const specifier = text.slice(quote + 1, quote + 1 + length);
    found.push({ line: lineAt(text, quote), specifier, isTypeOnly, ...target(path, specifier) });
  };
  /** A pattern's last group is the blanked specifier, and its match ends with the closing quote. */
  const addMatch = (match: RegExpExecArray, isTypeOnly: boolean) => {
    const length = match.at(-1)!.length;
    add(match.index + match[0].length - length - 2, length, isTypeOnly);
  };
  for (const match of code.matchAll(STATIC)) addMatch(match, match[1] !== undefined);
  for (const match of code.matchAll(BARE)) addMatch(match, false);
  for (const match of code.matchAll(DYNAMIC)) addMatch(match, false);
  for (const match of code.matchAll(URLS)) {
    const open = match.index + match[0].length - 1;
    const call = code.slice(open, closing(code, open));
    if (!call.includes("import.meta.url")) continue;
    for (const quoted of call.matchAll(QUOTED)) {
      const quote = open + quoted.index;
      if (/^["']\.\.?\//.test(text.slice(quote, quote + 4))) add(quote, quoted[2]!.length, false);
    }
  }
  return found.sort((a, b) => a.line - b.line);
}

function target(path: string, specifier: string): Pick<Import, "path" | "package"> {
  if (specifier.startsWith(".")) {
    return { path: posix.join(posix.dirname(path), specifier), package: null };
  }
  if (specifier.startsWith("node:")) return { path: null, package: "node:" };
  return { path: null, package: /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier };
}

/** One fault for each cycle of files that import each other; types do not count, since they are gone when it runs. */
export function cycleFaults(sources: readonly Source[]): readonly Fault[] {
  const known = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const faults: Fault[] = [];
  const visit = (source: Source, trail: readonly string[]) => {
    const start = trail.indexOf(source.path);
    if (done.has(source.path) && start === -1) return;
    done.add(source.path);
    const way = [...trail, source.path];
    for (const { path, line, isTypeOnly } of importsOf(source)) {
      const next = path === null || isTypeOnly ? undefined : known.get(typescript(path));
      if (next === undefined) continue;
      const back = way.indexOf(next.path);
      if (back === -1) visit(next, way);
      else {
        const cycle = [...way.slice(back), next.path].join(" → ");
        faults.push({
          path: source.path,
          line,
          rule: `Files import each other in a circle: ${cycle}`,
        });
      }
    }
  };
  for (const source of sources) visit(source, []);
  return faults;
}

/** A packed module names its neighbours as they will be called once compiled. */
function typescript(path: string): string {
  return path.replace(/\.js$/, ".ts");
}
