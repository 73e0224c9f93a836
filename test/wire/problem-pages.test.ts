import type { ProblemCode } from "../../src/core/problem.ts";
import { EXPLANATIONS, problemPage } from "../../src/wire/problem-pages.ts";
import { PROBLEMS } from "../../src/wire/problem.ts";
import { assert, test } from "../harness/test.ts";

const CODES = Object.keys(PROBLEMS) as ProblemCode[];

test("every problem is explained in two to four sentences", () => {
  for (const code of CODES) {
    const sentences = EXPLANATIONS[code].split(/(?<=[.?]) (?=[A-Z`])/);
    assert.ok(sentences.length >= 2 && sentences.length <= 4, code);
    assert.match(EXPLANATIONS[code], /^[A-Z].*\.$/);
  }
});

test("a problem's page is whole HTML with one heading, and runs and loads nothing", () => {
  for (const code of CODES) {
    const page = problemPage(code);
    assert.ok(page.startsWith('<!doctype html>\n<html lang="en">'));
    assert.equal(page.match(/<h1>/g)?.length, 1);
    assert.equal(page.match(/<main>/g)?.length, 1);
    assert.ok(page.includes(`<title>${PROBLEMS[code][1]} – Hearty</title>`));
    assert.ok(page.includes(`<code>${code}</code>, status ${PROBLEMS[code][0]}`));
    assert.doesNotMatch(page, /<script|<style|<link|<img|style=|src=| on\w+=|`/);
  }
});
