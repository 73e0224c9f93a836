// The rules about which file may know what: layers of the project, packages, and names that the platform gives
// to everybody. The tables stand in layers.test.ts.

import { importsOf } from "./imports.ts";
import { type Fault, faultsOf, type Source } from "./source.ts";

/** A platform's name, where it may be used, and how to find it in blanked code. */
export interface PlatformName {
  readonly name: string;
  readonly pattern: RegExp;
  /** Beginnings of paths below src. */
  readonly only: readonly string[];
}

/** One fault for each import that crosses a layer where the table does not say so. */
export function layerFaults(
  sources: readonly Source[],
  mayImport: Readonly<Record<string, readonly string[]>>,
): readonly Fault[] {
  return sources.flatMap((source) => {
    const from = layerOf(source.path);
    const allowed = mayImport[from];
    if (allowed === undefined) {
      return [{ path: source.path, line: 1, rule: `The layers do not list "${from}"` }];
    }
    return importsOf(source).flatMap(({ path, line, specifier }): Fault[] => {
      if (path === null) return [];
      const isInside = path.startsWith("src/");
      const to = isInside ? layerOf(path) : path;
      if (to === from || allowed.includes(to) || (isInside && allowed.includes("*"))) return [];
      const list = allowed.length === 0 ? "nothing" : allowed.join(", ");
      const rule = `"${from}" may import ${list}, but not "${to}"`;
      return [{ path: source.path, line, rule: `${rule}: ${specifier}` }];
    });
  });
}

/** The first folder below src, or the file directly below it. */
function layerOf(path: string): string {
  return path.split("/")[1]!;
}

/** One fault for each package that is imported where the table does not say so. */
export function packageFaults(
  sources: readonly Source[],
  onlyIn: Readonly<Record<string, readonly string[]>>,
): readonly Fault[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap(({ package: name, line }): Fault[] => {
      if (name === null) return [];
      const only = onlyIn[name];
      if (only === undefined) {
        return [{ path: source.path, line, rule: `The table of packages does not list "${name}"` }];
      }
      if (isBelow(source.path, only)) return [];
      return [{
        path: source.path,
        line,
        rule: `"${name}" is imported only in ${only.join(", ")}`,
      }];
    })
  );
}

/** One fault for each use of a platform's name outside of its place. */
export function platformFaults(
  sources: readonly Source[],
  names: readonly PlatformName[],
): readonly Fault[] {
  return sources.flatMap(({ path, code }) => {
    // A name is the platform's as well when it is reached through the global object.
    const plain = code.replaceAll(/\bglobalThis\??\./g, (text) => " ".repeat(text.length));
    return names
      .filter(({ only }) => !isBelow(path, only))
      .flatMap(({ name, pattern, only }) => {
        return faultsOf(path, plain, pattern, `"${name}" is used only in ${only.join(", ")}`);
      });
  });
}

function isBelow(path: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => path.startsWith(`src/${beginning}`));
}
