// CI's closing line is summed from reports that the two runners write differently.

import { assert, describe, test } from "../harness/test.ts";
import { countTests } from "../../scripts/junit.ts";

describe("countTests", () => {
  test("counts a report of Bun", () => {
    const report = `<testsuites name="bun test" tests="4">
      <testsuite name="test/a.test.ts">
        <testcase name="adds" classname="" time="0.001" line="3" />
        <testcase name="needs a program" classname="" time="0"><skipped /></testcase>
        <testcase name="fails" classname="" time="0.001">
          <failure type="AssertionError" message="1 !== 2">at x</failure>
        </testcase>
        <testsuite name="group"><testcase name="adds in a group" classname="group" /></testsuite>
      </testsuite></testsuites>`;
    assert.deepEqual(countTests(report), { passed: 2, failed: 1, skipped: 1 });
  });

  test("counts a report of Deno, but not its groups", () => {
    const report = `<testsuites name="deno test" tests="6" failures="2">
      <testsuite name="./test/a.test.ts">
        <testcase name="adds" classname="./test/a.test.ts" time="0.001">
        </testcase>
        <testcase name="needs a program"><skipped/></testcase>
        <testcase name="group"><failure message="1 test step failed">1 test step failed.</failure></testcase>
        <testcase name="group &gt; deep"></testcase>
        <testcase name="group &gt; deep &gt; adds"></testcase>
        <testcase name="group &gt; fails"><failure message="1 !== 2">Error
at x</failure></testcase>
      </testsuite></testsuites>`;
    assert.deepEqual(countTests(report), { passed: 2, failed: 1, skipped: 1 });
  });

  test("counts nothing where there is no report", () => {
    assert.deepEqual(countTests(""), { passed: 0, failed: 0, skipped: 0 });
  });
});
