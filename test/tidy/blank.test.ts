// The tidy rules stand on `blank`: what it blanks they cannot see, what it leaves they take for code.

import { assert, describe, test } from "../harness/test.ts";
import { blank } from "./blank.ts";
import { readSources } from "./source.ts";

describe("blank", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a line comment", "a; // Bun\nb;", "a;       \nb;"],
    ["a block comment over lines", "a /* x\ny */ b", "a     \n     b"],
    ["a string, but not its quotes", `f("a\\"b", 'c');`, `f("    ", ' ');`],
    ["an apostrophe inside double quotes", `f("it's") + g('x')`, `f("    ") + g(' ')`],
    ["what looks like a comment in a string", `f("http://a"); b`, `f("        "); b`],
    ["a template, but not its holes", "`a${b + `c${d}`}e` + f", "` ${b + ` ${d}`} ` + f"],
    ["a template whose hole holds braces", "`a${f({ b: {} })}c`;", "` ${f({ b: {} })} `;"],
    ["a regex with a quote and a class", "x = /[/\"']/g; y", "x =         ; y"],
    ["a regex behind a word", "return /'/.test(a);", "return    .test(a);"],
    ["no division", "a / b / 'c'", "a / b / ' '"],
    ["no division behind a bracket", "(a) / b[0] / 'c'", "(a) / b[0] / ' '"],
    ["no closing tag", "<b>don't</b>;", "<b>don't</b>;"],
    ["a first line for the shell", "#!/usr/bin/env bun\na", "                  \na"],
  ];
  for (const [what, text, code] of cases) {
    test(`handles ${what}`, () => assert.equal(blank(text), code));
  }

  test("keeps the place of every line of the project", () => {
    for (const { path, text, code } of readSources("src", "test", "scripts")) {
      assert.equal(code.length, text.length, path);
      assert.equal(code.split("\n").length, text.split("\n").length, path);
    }
  });

  test("leaves brackets that close in every file of the project", () => {
    for (const { path, code } of readSources("src", "test", "scripts")) {
      const count = (bracket: string) => code.split(bracket).length;
      for (const [open, close] of ["()", "[]", "{}"]) {
        assert.equal(count(open!), count(close!), `${path} ${open}${close}`);
      }
    }
  });
});
