// The rules of style that neither formatter, lint nor compiler keep. A rule's failure names every place that breaks it.

import { assert, describe, test } from "../harness/test.ts";
import { functionsOf } from "./functions.ts";
// deno-fmt-ignore
import {
  assertNoFaults, type Fault, faultsOf, lineAt, pathsBelow, readSources, readText, type Source, source,
} from "./source.ts";

const LINES_OF_FILE_MAX = 400;
const LINES_OF_TEST_MAX = 600;
const LINES_OF_FUNCTION_MAX = 60;

/** A rule over one source; all of them are tried on samples below. */
type Rule = (source: Source) => readonly Fault[];

// Patterns for words that may stand nowhere are written so that they do not find themselves.

const leftovers: Rule = ({ path, text }) =>
  faultsOf(
    path,
    text,
    /\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/g,
    "Leave nothing half done in the code",
  );

const suppressions: Rule = ({ path, text }) =>
  faultsOf(
    path,
    text,
    /@ts-(?:ignor[e]|nochec[k]|expect-erro[r])|deno-lint-ignor[e]/g,
    "Put right what a check finds instead of silencing it",
  );

const untyped: Rule = ({ path, code }) =>
  faultsOf(path, code, /(?::|\bas|<|,|\||&)\s*any\b(?!\s*[:(.?=])/g, "Give it a type, or unknown");

const swallowed: Rule = ({ path, text, code }) => {
  const empty =
    /\bcatch\s*(?:\([^()]*\))?\s*\{\s*\}|\.catch\(\s*(?:async\s*)?\(?[^(),]*\)?\s*=>\s*\{\s*\}/g;
  return faultsOf(
    path,
    code,
    empty,
    "Do not swallow an error; where nothing is to be done, say why",
  )
    .filter(({ line }) => !hasComment(text, code, line));
};

/** Whether a comment stands in this line or in the next. */
function hasComment(text: string, code: string, line: number): boolean {
  const lines = (of: string) => of.split("\n").slice(line - 1, line + 1).join("\n");
  return /\/\/|\/\*/.test(lines(text)) && !/\/\/|\/\*/.test(lines(code));
}

const narrowedTests: Rule = ({ path, code }) =>
  faultsOf(
    path,
    code,
    /\b(?:test|it|suite|describe|t|context)\.(?:only|skip|todo)\b|\b(?:only|todo): true\b/g,
    "Run every test; one that lacks a program gives its reason: { skip: reason }",
  );

const fileLength: Rule = ({ path, text }) => {
  const max = path.startsWith("test/") ? LINES_OF_TEST_MAX : LINES_OF_FILE_MAX;
  const lines = lineAt(text.trimEnd(), Infinity);
  const rule = `Cut the file by subject: it has ${lines} lines of at most ${max}`;
  return lines <= max || isGenerated(text) ? [] : [{ path, line: max, rule }];
};

const functionLength: Rule = ({ path, code }) =>
  functionsOf(code)
    .filter(({ lines, head }) => lines > LINES_OF_FUNCTION_MAX && !head.startsWith("describe("))
    .map(({ line, lines, head }) => {
      const rule = `Let a function fit a screen: it has ${lines} lines of at most`;
      return { path, line, rule: `${rule} ${LINES_OF_FUNCTION_MAX}: ${head}` };
    });

const header: Rule = ({ path, text }) => {
  const begin = text.replace(/^#!.*\n/, "");
  const isModuleDoc = begin.startsWith("/**") &&
    begin.slice(0, begin.indexOf("*/")).includes("@module");
  const rule = "Begin a file with a comment that says what it is: // … (or /** … @module */)";
  return begin.startsWith("//") || isModuleDoc ? [] : [{ path, line: 1, rule }];
};

const EXPORTED =
  /^export (?!type \{)(?:(?:declare|abstract|async|default) )*(?:function|class|interface|type|const|let|enum)\b\*?\s*([\w$]*)/gm;

const undocumented: Rule = ({ path, text, code }) => {
  const documented = new Set<string>();
  return [...code.matchAll(EXPORTED)].flatMap((match): Fault[] => {
    const before = text.slice(0, match.index).trimEnd().replace(/\n\/\/ deno-fmt-ignore$/, "");
    const comment = before.endsWith("*/") ? before.slice(before.lastIndexOf("/*")) : "";
    // The further signatures of an overloaded function need none of their own.
    if (comment.startsWith("/**") || documented.has(match[1]!)) {
      documented.add(match[1]!);
      return [];
    }
    const rule = `Say in a /** comment */ what is exported: ${match[1]}`;
    return [{ path, line: lineAt(text, match.index), rule }];
  });
};

const defaultExports: Rule = ({ path, code }) =>
  /^src\/(?:cli|demo)\//.test(path) || path.endsWith(".d.ts")
    ? []
    : faultsOf(path, code, /\bexport default\b|\bas default\b/g, "Export by name");

const bodyReads: Rule = ({ path, code }) =>
  // The one reader with a limit.
  path === "src/http/body.ts" ? [] : faultsOf(
    path,
    code,
    /\.(?:arrayBuffer|blob|bytes|formData|json|text)\(\s*\)/g,
    "Read a body only through a reader with a limit",
  );

/** A rule over the names of a file and of its folders. */
function nameFaults(path: string): readonly Fault[] {
  return path.split("/").flatMap((name): Fault[] => {
    const stem = name.replace(/^\./, "").split(".")[0]!;
    const isVague = /^types?$|(?:^|-)(?:utils?|common|helpers?|managers?)(?:-|$)/.test(stem);
    const isKebab = /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem) || name === "README.md";
    return [
      ...(isVague ? [{ path, line: 1, rule: `Name a file after its subject: ${name}` }] : []),
      ...(isKebab ? [] : [{ path, line: 1, rule: `Write names of files in kebab-case: ${name}` }]),
    ];
  });
}

/** A rule over every text of the project: it stands on its own. */
function outsideFaults(path: string, text: string): readonly Fault[] {
  const places = /(?<![\w.])\/(?:wor[k]|roo[t])\/|\bshared\/spe[c]\b/g;
  return faultsOf(path, text, places, "Name no place outside of the project");
}

function isGenerated(text: string): boolean {
  return /\bgenerated\b/i.test(text.slice(0, text.indexOf("\n")));
}

/** Whether a file is data or built by a script, and so needs no reader. */
function isData(path: string): boolean {
  return path.startsWith("src/demo/data/") || /^src\/dashboard\/.*\.(?:js|html|css)$/.test(path);
}

describe("the project", () => {
  const code = readSources("src", "test", "scripts").filter(({ path }) => !isData(path));
  const src = code.filter(({ path }) => path.startsWith("src/"));
  const check = (sources: readonly Source[], rule: Rule) => assertNoFaults(sources.flatMap(rule));

  test("leaves nothing half done", () => check(code, leftovers));
  test("silences no check", () => check(code, suppressions));
  test("knows the type of everything", () => check(code, untyped));
  test("swallows no error", () => check(code, swallowed));
  test("runs every test", () => check(code, narrowedTests));
  test("has files of one subject each", () => check(code, fileLength));
  test("has functions that fit a screen", () => check(code, functionLength));
  test("says at the top of each file what it is", () => check(src, header));
  test("says of everything that is exported what it is", () => check(src, undocumented));
  test("exports by name", () => check(src, defaultExports));
  test("reads no body of a request without a limit", () => {
    check(src.filter(({ path }) => path.startsWith("src/http/")), bodyReads);
  });
  test("names its files well", () => {
    assertNoFaults(
      pathsBelow("src", "test", "scripts").filter((path) => !isData(path)).flatMap(nameFaults),
    );
  });
  test("stands on its own", () => {
    const texts = pathsBelow("").filter((path) =>
      /\.(?:tsx?|js|json|md|html|css|toml|sh|py)$|\/run$/.test(path)
    );
    assertNoFaults(texts.flatMap((path) => outsideFaults(path, readText(path))));
  });
});

describe("the rules of style", () => {
  const found = (rule: Rule, text: string, path = "src/base/a.ts") =>
    rule(source(path, text)).map(({ line }) => line);

  test("find what is half done, silenced or untyped", () => {
    assert.deepEqual(found(leftovers, "a\n// TO" + "DO b\nautoTO" + "DO"), [2]);
    assert.deepEqual(found(suppressions, "// @ts-" + "ignore\n// deno-lint-" + "ignore no-b"), [
      1,
      2,
    ]);
    assert.deepEqual(
      found(untyped, "a: any;\nb as any;\nMap<string, any>\nany: c; // : any\nd.any(e)"),
      [1, 2, 3],
    );
  });

  test("find an error that is swallowed, unless a comment says why", () => {
    assert.deepEqual(
      found(swallowed, "try { a } catch {}\nb.catch(() => {});\nc.catch((d) => {});"),
      [1, 2, 3],
    );
    assert.deepEqual(found(swallowed, "try { a } catch {\n  // It is gone already.\n}"), []);
    assert.deepEqual(found(swallowed, "try { a } catch (b) { c(b) }\nd.catch((e) => f(e));"), []);
  });

  test("find a test that does not run", () => {
    assert.deepEqual(
      found(narrowedTests, "test.only(a);\nt.skip(b);\n{ only: true }\n{ skip: why }"),
      [1, 2, 3],
    );
  });

  test("find a file and a function that are too long", () => {
    const lines = (count: number) => "a;\n".repeat(count);
    assert.deepEqual(found(fileLength, lines(400)), []);
    assert.deepEqual(found(fileLength, lines(401)), [400]);
    assert.deepEqual(found(fileLength, lines(401), "test/base/a.test.ts"), []);
    assert.deepEqual(found(fileLength, "// Generated by b\n" + lines(401)), []);
    assert.deepEqual(found(functionLength, `\nfunction a() {\n${lines(58)}}`), []);
    assert.deepEqual(found(functionLength, `\nfunction a() {\n${lines(59)}}`), [2]);
    assert.deepEqual(found(functionLength, `describe("a", () => {\n${lines(59)}});`), []);
  });

  test("find a file without a header and an export without a comment", () => {
    assert.deepEqual(found(header, "// A.\n"), []);
    assert.deepEqual(found(header, "#!/usr/bin/env node\n// A.\n"), []);
    assert.deepEqual(found(header, "/**\n * A.\n *\n * @module\n */"), []);
    assert.deepEqual(found(header, "/** B. */\nexport const b = 1;"), [1]);
    assert.deepEqual(
      found(
        undocumented,
        "/** A. */\nexport const a = 1;\nexport function b() {}\n/* C */\nexport type C = 1;",
      ),
      [3, 5],
    );
    assert.deepEqual(
      found(undocumented, 'export * from "./a.ts";\nexport type { B } from "./b.ts";'),
      [],
    );
    assert.deepEqual(
      found(undocumented, "/** A. */\nexport function a(): b;\nexport function a(): c;"),
      [],
    );
  });

  test("find a default export and a body that is read without a limit", () => {
    assert.deepEqual(found(defaultExports, "export default a;"), [1]);
    assert.deepEqual(found(defaultExports, "export default a;", "src/demo/app.ts"), []);
    assert.deepEqual(
      found(bodyReads, "await request.json();\nc.json(a);\nawait request\n  .text();"),
      [1, 4],
    );
  });

  test("find a bad name and a place outside of the project", () => {
    assert.equal(nameFaults("src/base/heap.property.test.ts").length, 0);
    assert.equal(nameFaults("src/README.md").length, 0);
    assert.equal(nameFaults("src/wire/media-types.ts").length, 0);
    assert.equal(nameFaults("src/wire/types.ts").length, 1);
    assert.equal(nameFaults("src/base/string-utils.ts").length, 1);
    assert.equal(nameFaults("src/base/cacheLine.ts").length, 1);
    assert.equal(outsideFaults("a.md", "see /wor" + "k/main").length, 1);
    assert.equal(outsideFaults("a.md", "GET /work" + "ers/1, src/work/a.ts").length, 0);
  });
});
