import fc from "fast-check";
import { Output, PipeClosed, table, visible } from "../../src/cli/output.ts";
import { assert, test } from "../harness/test.ts";
import { fakeRuntime } from "./fake-runtime.ts";

test("results go to stdout, and words for people to stderr", async () => {
  const runtime = fakeRuntime();
  const out = new Output(runtime);
  await out.print("42\n");
  out.say("done");
  out.fail("broken");
  assert.equal(runtime.stdout(), "42\n");
  assert.equal(runtime.stderr(), "done\nerror: broken\n");
});

test("a closed stdout is told, so that the command can end quietly", async () => {
  await assert.rejects(new Output(fakeRuntime({ isStdoutClosed: true })).print("x"), PipeClosed);
});

test("a progress bar appears on a terminal only, and leaves no trace before a message", () => {
  const pipe = fakeRuntime();
  new Output(pipe).progress({ fraction: 0.5, text: "half" });
  assert.equal(pipe.stderr(), "");

  const terminal = fakeRuntime({ terminals: { stderr: true } });
  const out = new Output(terminal);
  out.progress({ fraction: 0.5, text: "half" });
  out.say("x");
  assert.equal(
    terminal.stderr(),
    `\r\x1b[K[${"#".repeat(15)}${"-".repeat(15)}] 50 % half\r\x1b[Kx\n`,
  );
});

test("a progress bar never wraps, whatever the fraction and the text are", () => {
  const terminal = fakeRuntime({ terminals: { stderr: true, stdout: true } });
  const out = new Output(terminal);
  out.progress({ fraction: 7, text: "long ".repeat(50) });
  out.progress({ fraction: -1, text: "" });
  out.progress({ fraction: null, text: "two\nlines" });
  const lines = terminal.stderr().split("\r\x1b[K");
  assert.ok(lines.every((line) => line.length < 60 && !line.includes("\n")), terminal.stderr());
});

test("colours appear on a terminal only, and not with NO_COLOR", () => {
  assert.equal(new Output(fakeRuntime()).paint("red", "x"), "x");
  const terminals = { stderr: true };
  assert.equal(new Output(fakeRuntime({ terminals })).paint("red", "x"), "\x1b[31mx\x1b[0m");
  const plain = fakeRuntime({ terminals, env: { NO_COLOR: "1" } });
  assert.equal(new Output(plain).paint("red", "x"), "x");
});

test("what only a terminal should get reaches no file", async () => {
  const file = fakeRuntime();
  await new Output(file).printOnTerminal("\n");
  assert.equal(file.stdout(), "");
  const terminal = fakeRuntime({ terminals: { stdout: true } });
  await new Output(terminal).printOnTerminal("\n");
  assert.equal(terminal.stdout(), "\n");
});

test("control characters from outside are made visible", () => {
  assert.equal(visible("a\x1b[31mb\r\nc\x7f\x9b"), "a␛[31mb␍␊c␡\\u009b");
  assert.equal(visible("\u202egnp.exe"), "\\u202egnp.exe");
  assert.equal(visible("naïve 漢字 👩‍👩‍👧"), "naïve 漢字 👩‍👩‍👧");
});

test("nothing visible can steer a terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    }),
    { numRuns: 200, seed: 11 },
  );
});

test("a table's columns are as wide as people see them, and its lines end without blanks", () => {
  assert.deepEqual(table([["a", "bb", ""], ["éé́", "b"]]), ["a   bb", "éé́  b"]);
});
