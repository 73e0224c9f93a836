// package.json, its lockfile, deno.json and tsconfig.json tell one story, and name only what exists.

import { assert, describe, test } from "../harness/test.ts";
import { pathsBelow, readText } from "./source.ts";

const manifest = JSON.parse(readText("package.json"));
const deno = JSON.parse(readText("deno.json"));

describe("package.json", () => {
  const files = new Set(pathsBelow(""));
  const missing = (paths: readonly string[]) =>
    paths.filter((path) => !files.has(path.replace(/^\.\//, "")));

  test("exports files that exist", () => {
    assert.deepEqual(missing(targetsOf(manifest.exports)), []);
  });

  test("gives commands that exist", () => {
    assert.deepEqual(missing(targetsOf(manifest.bin)), []);
  });

  test("starts scripts that exist, and so do deno.json's tasks", () => {
    const commands = [...Object.values(manifest.scripts), ...Object.values(deno.tasks)] as string[];
    const named = commands.flatMap((command) => command.match(/[\w./-]+\.tsx?\b/g) ?? []);
    assert.deepEqual(missing(named), []);
  });

  test("pins every direct dependency exactly", () => {
    const { dependencies, devDependencies = {}, optionalDependencies = {} } = manifest;
    const all = Object.entries<string>({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    });
    assert.deepEqual(all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)), []);
  });
});

describe("package-lock.json", () => {
  const text = readText("package-lock.json");
  const lock = JSON.parse(text);

  test("names no registry", () => {
    const packages = Object.entries<Record<string, unknown>>(lock.packages);
    assert.deepEqual(packages.filter(([, entry]) => "resolved" in entry).map(([name]) => name), []);
    assert.doesNotMatch(text, /https?:\/\/[^"]*(?:registry|npmjs|\.tgz)/);
  });

  test("fits package.json, and holds what its packages may need on another machine", () => {
    const { name, version, dependencies, devDependencies, bin } = lock.packages[""];
    assert.deepEqual(
      { name, version, dependencies, devDependencies, bin },
      {
        name: manifest.name,
        version: manifest.version,
        dependencies: manifest.dependencies,
        devDependencies: manifest.devDependencies,
        bin: manifest.bin,
      },
    );
    const wanted = Object.values<Record<string, object>>(lock.packages)
      .flatMap((entry) =>
        Object.keys({ ...entry["dependencies"], ...entry["optionalDependencies"] })
      );
    const missing = wanted.filter((name) => {
      return !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`));
    });
    assert.deepEqual(missing, [], "npm ci refuses a lockfile that lacks these");
  });
});

describe("deno.json", () => {
  test("agrees with package.json where both say something", () => {
    for (const field of ["name", "version", "license", "exports"]) {
      if (field in deno) assert.deepEqual(deno[field], manifest[field], field);
    }
    const versions = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const target of Object.values<string>(deno.imports ?? {})) {
      const [, name, version] = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)/.exec(target) ?? [];
      if (name !== undefined) assert.equal(version, versions[name], target);
    }
  });

  test("is as strict as tsconfig.json", () => {
    const { compilerOptions: tsc } = JSON.parse(readText("tsconfig.json"));
    for (const [option, value] of Object.entries(deno.compilerOptions)) {
      if (option === "lib") continue; // Deno adds its own names to the same libraries.
      assert.deepEqual(value, tsc[option], option);
    }
  });

  test("gives no task every permission", () => {
    for (const [name, command] of Object.entries<string>(deno.tasks)) {
      assert.doesNotMatch(command, /(?:^|\s)(?:-A|--allow-all)\b/, name);
      // Installed from npm, plain `deno` in a task is a file that Deno would load as JavaScript.
      assert.doesNotMatch(command, /(?:^|&&|;)\s*deno\b/, name);
    }
  });
});

/** The paths that stand in `exports` or `bin`, whatever the conditions before them. */
function targetsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return value === null || typeof value !== "object" ? [] : Object.values(value).flatMap(targetsOf);
}
