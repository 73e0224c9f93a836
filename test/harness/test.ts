// The only place that names the test runner: one suite for `bun test` and `deno test`.
export { after, afterEach, before, beforeEach, describe, test } from "node:test";
export { default as assert } from "node:assert/strict";
