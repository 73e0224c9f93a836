// Counts the tests of a JUnit report, as `bun test` and `deno test` write them.

/** How many tests ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const TEST_CASE = /<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/** Counts what stands in a report. Deno lists groups of tests beside the tests in them: groups are left out. */
export function countTests(report: string): Counts {
  const cases = [...report.matchAll(TEST_CASE)].map((match) => {
    return { name: match[1]!, body: match[2] ?? "" };
  });
  const groups = new Set(cases.flatMap(({ name }) => {
    const steps = name.split(" &gt; ");
    return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join(" &gt; "));
  }));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, body } of cases) {
    if (groups.has(name)) continue;
    if (/<(?:failure|error)\b/.test(body)) counts.failed++;
    else if (/<skipped\b/.test(body)) counts.skipped++;
    else counts.passed++;
  }
  return counts;
}
