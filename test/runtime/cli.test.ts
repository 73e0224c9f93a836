// The command line from outside: each command as a process of its own, under both runtimes.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, assert, before, describe, test } from "../harness/test.ts";
import { COMMANDS, type Ended, type Given, Program } from "./program.ts";

const KINDS = "test/runtime/kinds.ts";
const NOBODY = "http://127.0.0.1:1";
const LISTENING = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n/;

for (const [runtime, command] of Object.entries(COMMANDS)) {
  const start = (args: string, given?: Given) => new Program(command, args.split(" "), given);
  const run = (args: readonly string[], given?: Given): Promise<Ended> =>
    new Program(command, args, given).ended;

  describe(`${runtime}: with a server and a worker`, () => {
    let server: Program;
    let worker: Program;
    let url: string;
    const ask = (args: string, given: Given = {}) =>
      run(args.split(" "), { ...given, env: { HEARTY_SERVER: url, ...given.env } });
    const post = async (args: string) => (await ask(`post ${args}`)).stdout.trim();

    before(async () => {
      server = start("serve --store memory --port 0");
      url = await server.told(LISTENING);
      worker = start(`work ${KINDS} --concurrency 4 --name tester`, {
        env: { HEARTY_SERVER: url },
      });
      await worker.told(/Connected/);
    });

    after(async () => {
      await worker[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });

    test("post prints the id of the promise, and get its result byte for byte", async () => {
      const posted = await ask('post add {"a":1,"b":2}');
      assert.match(posted.stdout, /^[0-9a-f-]{36}\n$/);
      assert.equal(posted.code, 0);
      assert.equal((await ask(`watch ${posted.stdout.trim()}`)).stdout, "3");
      const got = await ask(`get ${posted.stdout.trim()}`);
      assert.deepEqual(got, { code: 0, stdout: "3", stderr: "" });
    });

    test("post --wait follows a stream and prints one JSON value a line", async () => {
      const { code, stdout, stderr } = await ask('post count {"to":5} --wait');
      assert.deepEqual({ code, stdout, stderr }, {
        code: 0,
        stdout: "0\n1\n2\n3\n4\n",
        stderr: "",
      });
    });

    test("with --json documents and records are printed", async () => {
      const posted = await ask('post count {"to":2} --json');
      assert.equal(JSON.parse(posted.stdout).kind, "count");
      const { stdout } = await ask('post count {"to":2} --wait --json');
      assert.deepEqual(stdout.trimEnd().split("\n").map((line) => JSON.parse(line)), [
        { seq: 0, value: 0 },
        { seq: 1, value: 1 },
        { end: "fulfilled", items: 2 },
      ]);
      const { id } = JSON.parse(posted.stdout);
      assert.equal(JSON.parse((await ask(`get ${id} --json`)).stdout).state, "fulfilled");
    });

    test("watch begins where it is told to", async () => {
      const id = await post('count {"to":4}');
      assert.equal((await ask(`watch ${id} --from 2`)).stdout, "2\n3\n");
    });

    test("the input comes from stdin, from a file with its type, and from the command line", async () => {
      const input = '{"a": 20, "b": 22}';
      assert.equal((await ask("post add - --wait", { stdin: input })).stdout, "42");
      assert.equal((await ask("post add --wait", { stdin: input })).stdout, "42");
      const folder = mkdtempSync(join(tmpdir(), "hearty-cli-"));
      const file = join(folder, "sum.json");
      writeFileSync(file, input);
      const posted = await ask(`post add @${file} --json`);
      assert.equal(JSON.parse(posted.stdout).input.type, "application/json");
      rmSync(folder, { recursive: true });
    });

    test("the API's options are flags", async () => {
      const options = "--priority high --queue night --tag a --tag b --ttl 2h --attempts 7";
      const document = JSON.parse((await ask(`post add {"a":3,"b":4} ${options} --json`)).stdout);
      assert.equal(document.priority, 8);
      assert.equal(document.queue, "night");
      assert.deepEqual(document.tags, ["a", "b"]);
      assert.equal(document.attempts, 7);
      const unknown = await ask('post add {"a":1234,"b":0} --only-stored');
      assert.equal(unknown.code, 1);
      assert.equal(unknown.stdout, "");
    });

    test("a rejection ends with 1 and is told on stderr", async () => {
      const { code, stdout, stderr } = await ask("post fail 1 --wait");
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
      assert.match(stderr, /^error: failed: TypeError: No such curve\n$/);
    });

    test("a refusal ends with 1, in the server's words", async () => {
      const { code, stderr } = await ask("post nobody-offers-this 1");
      assert.equal(code, 1);
      assert.match(stderr, /^error: .*nobody-offers-this/);
      assert.equal((await ask("get 01935e4c-7a7b-7000-8a3f-0123456789ab")).code, 1);
      assert.equal((await ask("get nonsense")).code, 1);
    });

    test("get of what is pending ends with 3, and cancel withdraws from it", async () => {
      const id = await post("hang 1");
      const got = await ask(`get ${id}`);
      assert.deepEqual({ code: got.code, stdout: got.stdout }, { code: 3, stdout: "" });
      assert.match(got.stderr, /^(running|queued)/);
      assert.equal((await ask(`cancel ${id}`)).code, 0);
      const end = await ask(`watch ${id}`);
      assert.equal(end.code, 1);
      assert.match(end.stderr, /cancelled/);
    });

    test("Ctrl-C while post waits withdraws and ends with 130", async () => {
      await using waiting = start("post stall 1 --wait", { env: { HEARTY_SERVER: url } });
      await waiting.told(/^0\n/);
      waiting.signal("SIGINT");
      const { code, stderr } = await waiting.ended;
      assert.equal(code, 130);
      const [, id] = /^Withdrawing; the job's promise is (\S+)\n$/.exec(stderr)!;
      assert.match((await ask(`watch ${id}`)).stderr, /cancelled/);
    });

    test("Ctrl-C on watch ends only the watching", async () => {
      const id = await post("stall 2");
      await using watching = start(`watch ${id}`, { env: { HEARTY_SERVER: url } });
      await watching.told(/^0\n/);
      watching.signal("SIGINT");
      assert.equal((await watching.ended).code, 130);
      assert.equal((await ask(`get ${id}`)).code, 3);
      await ask(`cancel ${id}`);
    });

    test("a closed stdout ends a stream quietly", async () => {
      await using reader = start('post count {"to":100000} --wait', {
        env: { HEARTY_SERVER: url },
      });
      await reader.told(/^0\n/);
      reader.closeStdout();
      const { code, stderr } = await reader.ended;
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    });

    test("a second server on the same port is refused in words", async () => {
      const { code, stderr } = await ask(`serve --store memory --port ${new URL(url).port}`);
      assert.equal(code, 1);
      assert.match(stderr, /error: Cannot listen on 127\.0\.0\.1:\d+: the port is in use\n$/);
    });
  });

  test(`${runtime}: a server stops in order on SIGTERM and on SIGINT`, async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await using server = start("serve --store memory --port 0 --log json");
      await server.told(LISTENING);
      server.signal(signal);
      const { code, stderr } = await server.ended;
      assert.equal(code, 0);
      const records = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(records.map(({ message }) => message), ["Listening", "Stopping"]);
    }
  });

  test(`${runtime}: a stored result outlives its server`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hearty-cli-"));
    const serve = `serve --store file:${join(folder, "jobs.db")} --port 0`;
    let id: string;
    {
      await using server = start(serve);
      const env = { HEARTY_SERVER: await server.told(LISTENING) };
      await using worker = start(`work ${KINDS}`, { env });
      await worker.told(/Connected/);
      id = (await run(["post", "add", '{"a":1,"b":1}'], { env })).stdout.trim();
      assert.equal((await run(["watch", id], { env })).stdout, "2");
      server.signal("SIGTERM");
      assert.equal((await server.ended).code, 0);
    }
    await using server = start(serve);
    const env = { HEARTY_SERVER: await server.told(LISTENING) };
    assert.equal((await run(["get", id], { env })).stdout, "2");
    rmSync(folder, { recursive: true });
  });

  test(`${runtime}: a worker drains on SIGTERM`, async () => {
    await using server = start("serve --store memory --port 0");
    const env = { HEARTY_SERVER: await server.told(LISTENING) };
    await using worker = start(`work ${KINDS}`, { env });
    await worker.told(/Connected/);
    worker.signal("SIGTERM");
    assert.equal((await worker.ended).code, 0);
  });

  test(`${runtime}: what cannot be worked with is told in words`, async () => {
    for (
      const [file, message] of [
        ["test/runtime/none.ts", /Cannot load "test\/runtime\/none\.ts"/],
        ["test/runtime/program.ts", /it has no default export/],
      ] as const
    ) {
      const { code, stderr } = await run(["work", file, "--server", NOBODY]);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
  });

  test(`${runtime}: a server that is not there ends every client with 1`, async () => {
    for (const args of ["get x", "post add 1", "post add 1 --wait", "watch x", "cancel x"]) {
      const { code, stderr } = await run([...args.split(" "), "--server", NOBODY]);
      assert.equal(code, 1, args);
      assert.equal(stderr, `error: Cannot reach ${NOBODY}/\n`);
    }
  });

  test(`${runtime}: the demo shows what to try, computes it, and leaves no process behind`, async () => {
    await using demo = start("demo --no-load --port 0");
    const url = await demo.told(LISTENING);
    const id = await demo.told(/promises\/([0-9a-f-]{36})\/events/);
    const watched = await run(["watch", id, "--server", url]);
    assert.equal(watched.code, 0, watched.stderr);
    const workers = await (await fetch(`${url}/workers`)).json() as { items: unknown[] };
    assert.equal(workers.items.length, 2);
    const processes = demo.children();
    assert.ok(processes === null || processes.length === 2);
    demo.signal("SIGINT");
    assert.equal((await demo.ended).code, 0);
    for (const pid of processes ?? []) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });
}
