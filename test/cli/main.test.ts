import type { z } from "zod";
import { COMMANDS, main } from "../../src/cli/main.ts";
import { commandHelp, commandManual, programHelp } from "../../src/cli/help.ts";
import { assert, test } from "../harness/test.ts";
import { fakeRuntime, type Surroundings } from "./fake-runtime.ts";

async function run(args: string, surroundings: Surroundings = {}) {
  const runtime = fakeRuntime({
    ...surroundings,
    args: args.split(" ").filter((word) => word !== ""),
  });
  const code = await main(runtime);
  return { code, stdout: runtime.stdout(), stderr: runtime.stderr() };
}

test("every command's --help fits a screen and ends with an example", () => {
  for (const text of [programHelp(COMMANDS), ...COMMANDS.map(commandHelp)]) {
    const lines = text.trimEnd().split("\n");
    assert.ok(lines.length <= 24, text);
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
    assert.match(lines.at(-1)!, /^Example: hearty /);
  }
});

test("every command's manual names and explains each of its options", () => {
  for (const command of COMMANDS) {
    const manual = commandManual(command);
    for (const [name, schema] of Object.entries<z.ZodType>(command.table.shape)) {
      assert.match(manual, new RegExp(`^  --(no-)?${name}( |$)`, "m"));
      assert.ok((schema.description ?? "").length > 0, name);
    }
    assert.deepEqual(manual.split("\n").filter((line) => line.length > 80), []);
  }
});

test("help goes to stdout, and is asked for in three ways", async () => {
  for (const args of ["--help", "-h", "help"]) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 0);
    assert.match(stdout, /^hearty COMMAND/);
    assert.equal(stderr, "");
  }
  assert.match((await run("get --help")).stdout, /^hearty get ID/);
  assert.match((await run("help get")).stdout, /HEARTY_SERVER/);
});

test("the configuration file's schema can be printed", async () => {
  const { stdout } = await run("help --schema");
  const schema = JSON.parse(stdout);
  assert.equal(schema.properties.port.default, 8080);
  assert.equal(schema.properties.grace.default, "30s");
  assert.equal(schema.additionalProperties, false);
});

test("the version is told for people and as JSON", async () => {
  assert.match((await run("--version")).stdout, /^hearty \d+\.\d+\.\d+ \(bun 1\.2\.3\)\n$/);
  assert.equal(JSON.parse((await run("version --json")).stdout).bun, "1.2.3");
});

test("wrong usage ends with 2, says why on stderr, and prints nothing", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /wanted a command/],
    ["serv", /Unknown command "serv": did you mean serve\?/],
    ["--port 1 serve", /options stand after the command/],
    ["serve --prot 1", /Unknown option "--prot": did you mean --port\?/],
    ["serve --port 65536", /Cannot use --port 65536: wanted a whole number from 0 to 65535/],
    ["serve --port 1 --port 2", /Cannot take --port twice/],
    ["serve --ttl -1", /Cannot use --ttl "-1": wanted a duration/],
    ["serve here", /Cannot serve with "here": that is one word too many/],
    ["get", /Cannot get: wanted ID/],
    ["get a b", /Cannot get with "b": that is one word too many/],
    ["help nobody", /Unknown command "nobody"/],
    ["post add {a:1}", /Cannot post "\{a:1\}": wanted JSON/],
    ["post add @none.json", /Cannot read the input "none.json": there is no such file/],
    ["post add 1 --priority 10", /Cannot use --priority "10": wanted 0 to 9/],
    ["post add 1 --attempts 0", /Cannot use --attempts "0": wanted a whole number/],
    ["post add 1 --max-age soon", /Cannot use --max-age "soon": wanted a duration/],
    ["post add 1 --tag a --tag b/c", /Cannot use --tag \["a","b\/c"\]/],
    ["watch 1 --from -1", /Cannot use --from -1: wanted a whole number, 0 or more/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await run(args);
    assert.equal(code, 2, args);
    assert.equal(stdout, "", args);
    assert.match(stderr, message);
    assert.match(stderr, /See hearty .*--help\n$/);
  }
});

test("a post without input at a terminal is wrong usage", async () => {
  const { code, stderr } = await run("post add", { terminals: { stdin: true } });
  assert.equal(code, 2);
  assert.match(stderr, /Cannot post without an input/);
});

test("a closed stdout ends quietly", async () => {
  const { code, stderr } = await run("--version", { isStdoutClosed: true });
  assert.equal(code, 0);
  assert.equal(stderr, "");
});

test("a server off loopback without authentication is refused, unless that is asked for", async () => {
  for (const host of ["0.0.0.0", "::", "192.168.0.1", "example.org", "127.example.org"]) {
    const { code, stderr } = await run(`serve --store memory --host ${host}`);
    assert.equal(code, 2);
    assert.match(stderr, /without authentication: wanted --auth, a loopback address or --insecure/);
  }
});

test("a server's options that are not available yet are refused, not ignored", async () => {
  const options = [
    "--follow http://x",
    "--follow-token x",
    "--replication-ack standby",
    "--replication-log 1MiB",
    "--promote-after 10s",
    "--advertise-url http://x",
    "--listener hardened",
    "--max-store 1GiB",
    "--trust-proxy",
    "--policy fair",
    "--auth jwt:file.json",
  ];
  for (const option of options) {
    const { code, stderr } = await run(`serve --store memory ${option}`);
    assert.equal(code, 2, option);
    assert.match(stderr, /not available yet/);
  }
});
