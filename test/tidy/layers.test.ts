// Which file may know what. A lower layer never imports a higher one: what it needs from there it declares as an
// interface and is given in hearty.ts. Whoever adds a folder or a package says here where it belongs.

import { assert, describe, test } from "../harness/test.ts";
import { cycleFaults, importsOf } from "./imports.ts";
import { layerFaults, packageFaults, platformFaults, type PlatformName } from "./layers.ts";
import { assertNoFaults, type Fault, readSources, readText, source } from "./source.ts";

/** By first folder below src, or by file directly below it. */
const mayImport = {
  base: [],
  core: ["base"],
  runtime: ["base"],
  wire: ["base", "core"],
  dashboard: ["base", "wire"],
  intake: ["base", "core"],
  schedule: ["base", "core"],
  store: ["base", "core"],
  client: ["base", "wire"],
  worker: ["base", "wire"],
  // The write side and the read side never import each other: they meet in the store.
  engine: ["base", "core", "intake", "schedule", "store"],
  stream: ["base", "core", "wire", "store"],
  dispatch: ["base", "core", "wire", "engine"],
  replica: ["base", "core", "wire", "store", "engine"],
  // deno-fmt-ignore
  http: ["base", "core", "wire", "intake", "engine", "stream", "dispatch", "replica", "dashboard"],
  // deno-fmt-ignore
  "hearty.ts": [
    "base", "core", "wire", "intake", "schedule", "store", "engine", "stream", "dispatch", "replica", "http", "worker",
  ],
  "mod.ts": ["hearty.ts", "core", "intake", "schedule", "store"],
  demo: ["mod.ts", "client", "worker"],
  cli: ["mod.ts", "base", "wire", "store", "client", "worker", "demo", "runtime", "package.json"],
  testing: ["*"],
};

/** By package, or "node:" for the modules of Node: beginnings of paths below src. */
const onlyIn = {
  "hono": ["http/"],
  "zod": ["wire/", "intake/", "cli/", "demo/"],
  "node:": ["runtime/", "store/sqlite"],
  "pg": ["store/postgres"],
  "preact": ["dashboard/"],
  "uplot": ["dashboard/"],
  "@msgpack/msgpack": ["base/msgpack.ts"],
  "jose": ["http/auth/"],
  "@cfworker/json-schema": ["intake/"],
  "eventsource-parser": ["client/"],
  "lru-cache": [""],
};

const CLOCK_AND_CHANCE = ["base/clock.ts", "base/random.ts"];
const EDGES = ["client/", "worker/", "replica/", "dashboard/"];

const platformNames: readonly PlatformName[] = [
  { name: "Bun", pattern: name("Bun"), only: ["runtime/"] },
  { name: "Deno", pattern: name("Deno"), only: ["runtime/"] },
  { name: "process", pattern: member("process"), only: ["runtime/"] },
  { name: "console", pattern: member("console"), only: ["cli/", "base/log.ts"] },
  { name: "Date.now", pattern: name("Date\\.now"), only: CLOCK_AND_CHANCE },
  { name: "new Date()", pattern: /\bnew Date(?:\(\s*\)|(?!\s*[\w$(]))/g, only: CLOCK_AND_CHANCE },
  { name: "Temporal.Now", pattern: name("Temporal\\.Now"), only: CLOCK_AND_CHANCE },
  { name: "performance", pattern: member("performance"), only: CLOCK_AND_CHANCE },
  { name: "Math.random", pattern: name("Math\\.random"), only: CLOCK_AND_CHANCE },
  { name: "randomUUID", pattern: name("crypto\\.randomUUID"), only: CLOCK_AND_CHANCE },
  { name: "getRandomValues", pattern: name("crypto\\.getRandomValues"), only: CLOCK_AND_CHANCE },
  { name: "setTimeout", pattern: name("setTimeout"), only: [...CLOCK_AND_CHANCE, ...EDGES] },
  { name: "setInterval", pattern: name("setInterval"), only: [...CLOCK_AND_CHANCE, ...EDGES] },
  { name: "setImmediate", pattern: name("setImmediate"), only: [...CLOCK_AND_CHANCE, ...EDGES] },
  {
    name: "AbortSignal.timeout",
    pattern: name("AbortSignal\\.timeout"),
    only: [...CLOCK_AND_CHANCE, ...EDGES],
  },
  // A method that is called fetch may be declared anywhere: then a block or a type follows its arguments.
  { name: "fetch", pattern: call("fetch"), only: EDGES },
  { name: "WebSocket", pattern: name("WebSocket"), only: [...EDGES, "runtime/"] },
];

/** The name itself: no member or longer word, no key of an object, no mere type. */
function name(text: string): RegExp {
  return new RegExp(`(?<![\\w$#]|(?<!\\.\\.)\\.|typeof )${text}(?![\\w$])(?!\\s*\\??:)`, "g");
}

/** A member of the name, for names that are plain words as well. */
function member(text: string): RegExp {
  return new RegExp(`(?<![\\w$#]|(?<!\\.\\.)\\.|typeof )${text}\\s*\\??[.[]`, "g");
}

/** A call of the name, where it is not the declaration of a method. */
function call(text: string): RegExp {
  return new RegExp(
    `(?<![\\w$#]|(?<!\\.\\.)\\.|function )${text}\\s*\\((?![^()]*(?:\\([^()]*\\)[^()]*)*\\)\\s*[:{])`,
    "g",
  );
}

describe("src", () => {
  const sources = readSources("src");

  test("imports across layers only as the table says", () => {
    assertNoFaults(layerFaults(sources, mayImport));
  });

  test("has no files that import each other in a circle", () => {
    assertNoFaults(cycleFaults(sources));
  });

  test("imports each package only where it belongs", () => {
    assertNoFaults(packageFaults(sources, onlyIn));
  });

  test("imports only what package.json lists, the dashboard what it is bundled from as well", () => {
    const { dependencies, devDependencies = {}, peerDependencies = {} } = JSON.parse(
      readText("package.json"),
    );
    const faults = sources.flatMap((source) =>
      importsOf(source).flatMap(({ package: name, line }): Fault[] => {
        if (name === null || name === "node:") return [];
        const isListed = name in dependencies || name in peerDependencies ||
          (source.path.startsWith("src/dashboard/") && name in devDependencies);
        const rule = `package.json does not list "${name}" as a dependency`;
        return isListed ? [] : [{ path: source.path, line, rule }];
      })
    );
    assertNoFaults(faults);
  });

  test("uses each name of the platform only where it belongs", () => {
    assertNoFaults(platformFaults(sources, platformNames));
  });
});

describe("the rules about layers", () => {
  const lines = (faults: readonly Fault[]) => faults.map(({ line }) => line);

  test("see imports in every spelling", () => {
    const text = [
      'import { a } from "../core/a.ts";',
      'import type { B } from "../core/b.ts";',
      'export * from "../core/c.ts";',
      "export {",
      "  d,",
      '} from "../core/d.ts";',
      'import "../core/e.ts";',
      'const f = await import("../core/f.ts");',
      'new Worker(new URL(import.meta.url.endsWith(".ts") ? "../core/g.ts" : "../core/g.js", import.meta.url));',
      'export type { H } from "../core/h.ts";',
      'import { type I } from "../core/i.ts";',
      'import z, * as y from "@scope/name/deep";',
      'import { j } from "node:fs";',
      '// import "../core/k.ts";',
      "const l = 'import \"../core/l.ts\"';",
      'Array.from("abc"); new URL("./m", base);',
    ].join("\n");
    const found = importsOf(source("src/base/x.ts", text));
    assert.deepEqual(
      found.map((found) => `${found.line} ${found.path ?? found.package}`),
      // deno-fmt-ignore
      [
        "1 src/core/a.ts", "2 src/core/b.ts", "3 src/core/c.ts", "6 src/core/d.ts", "7 src/core/e.ts", "8 src/core/f.ts",
        "9 src/core/g.ts", "9 src/core/g.js", "10 src/core/h.ts", "11 src/core/i.ts", "12 @scope/name", "13 node:",
      ],
    );
    assert.deepEqual(found.filter((found) => found.isTypeOnly).map(({ line }) => line), [2, 10]);
  });

  test("refuse a layer that is not listed, a higher one, and what lies outside src", () => {
    const refused = (path: string, target: string) =>
      layerFaults([source(path, `import "${target}";`)], mayImport).length;
    assert.equal(refused("src/core/a.ts", "../base/b.ts"), 0);
    assert.equal(refused("src/core/a.ts", "./b.ts"), 0);
    assert.equal(refused("src/core/deep/a.ts", "../../base/b.ts"), 0);
    assert.equal(refused("src/testing/a.ts", "../http/b.ts"), 0);
    assert.equal(refused("src/mod.ts", "./hearty.ts"), 0);
    assert.equal(refused("src/core/a.ts", "../wire/b.ts"), 1);
    assert.equal(refused("src/core/a.ts", "../mod.ts"), 1);
    assert.equal(refused("src/base/a.ts", "../../package.json"), 1);
    assert.equal(refused("src/testing/a.ts", "../../test/b.ts"), 1);
    assert.equal(refused("src/attic/a.ts", "./b.ts"), 1);
  });

  test("refuse a circle of files, but not one of types", () => {
    const a = source("src/base/a.ts", 'import "./b.ts";');
    const c = source("src/base/c.ts", 'import "./a.ts";');
    const round = source("src/base/b.ts", '\nimport { c } from "./c.ts";');
    assert.deepEqual(
      cycleFaults([a, round, c]).map(({ rule }) => rule.split(": ")[1]),
      ["src/base/a.ts → src/base/b.ts → src/base/c.ts → src/base/a.ts"],
    );
    assert.deepEqual(
      cycleFaults([source("src/base/b.ts", 'import type { C } from "./c.ts";'), a, c]),
      [],
    );
  });

  test("refuse a package outside of its place, and one that nobody placed", () => {
    const refused = (path: string, target: string) =>
      packageFaults([source(path, `import "${target}";`)], onlyIn).length;
    assert.equal(refused("src/http/app.ts", "hono/streaming"), 0);
    assert.equal(refused("src/engine/a.ts", "hono"), 1);
    assert.equal(refused("src/store/sqlite-thread.ts", "node:sqlite"), 0);
    assert.equal(refused("src/store/memory.ts", "node:fs"), 1);
    assert.equal(refused("src/http/app.ts", "left-pad"), 1);
  });

  test("see the platform's names, and neither members nor declarations of the same name", () => {
    const text = [
      "setTimeout(f, 1); globalThis.setTimeout(f, 1);",
      "const a = { setTimeout: 1, fetch: b }; a.setTimeout; let c: typeof setTimeout;",
      "new Date(); new Date(5); new Date;",
      "Date.now(); clock.Date.now; Math.random();",
      "process.exit(1); process(a); job.process.b; subprocess.c;",
      "fetch(a); app.fetch(b); function fetch(c) {} const x = { ...Bun };",
      "interface A { fetch(request: Request, more: (a: B) => C): D }",
      'type Deno = "Deno"; // Deno',
    ].join("\n");
    assert.deepEqual(
      lines(platformFaults([source("src/core/a.ts", text)], platformNames)).sort((a, b) => a - b),
      [1, 1, 3, 3, 4, 4, 5, 6, 6, 8],
    );
    assert.deepEqual(
      platformFaults([source("src/base/clock.ts", "setTimeout(Date.now)")], platformNames),
      [],
    );
  });
});
