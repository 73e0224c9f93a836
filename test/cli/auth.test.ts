import { UsageError } from "../../src/cli/args.ts";
import { openAuth } from "../../src/cli/auth.ts";
import { CommandError } from "../../src/cli/command.ts";
import type { LogRecord } from "../../src/cli/log.ts";
import { settled } from "../harness/manual-clock.ts";
import { assert, test } from "../harness/test.ts";
import { sha256, tokensFile } from "../http/auth/served.ts";
import { fakeRuntime } from "./fake-runtime.ts";

function fixture(files: Record<string, string>) {
  const records: LogRecord[] = [];
  const runtime = { ...fakeRuntime({ files }), sha256 };
  const open = (auth: string) => openAuth(runtime, auth, (record) => records.push(record));
  return { records, runtime, open };
}

async function isKnown(auth: Awaited<ReturnType<typeof openAuth>>, owner: string) {
  const headers = { Authorization: `Bearer ${owner}-token` };
  const request = new Request("http://hearty.test/", { headers });
  return !("refused" in await auth.options.authenticator!.identify(request));
}

test("without authentication the application's own holds, if it has one", async () => {
  assert.deepEqual((await fixture({}).open("none")).options, {});
});

test("a tokens file is read again at SIGHUP, until the server stops", async () => {
  const files = { "t.json": tokensFile({ alice: ["client"] }) };
  const { open, runtime, records } = fixture(files);
  const auth = await open("tokens:t.json");
  assert.ok(await isKnown(auth, "alice"));
  files["t.json"] = tokensFile({ bob: ["client"] });
  runtime.signal("SIGHUP");
  await settled();
  assert.ok(await isKnown(auth, "bob") && !await isKnown(auth, "alice"));
  auth.stop();
  files["t.json"] = tokensFile({ alice: ["client"] });
  runtime.signal("SIGHUP");
  await settled();
  assert.ok(await isKnown(auth, "bob"));
  assert.deepEqual(records.map(({ level }) => level), ["info"]);
});

test("a file that is broken or gone at SIGHUP is told, and the old tokens stay", async () => {
  const files: Record<string, string> = { "t.json": tokensFile({ alice: ["client"] }) };
  const { open, runtime, records } = fixture(files);
  const auth = await open("tokens:t.json");
  for (const text of ["{", undefined]) {
    if (text === undefined) delete files["t.json"];
    else files["t.json"] = text;
    runtime.signal("SIGHUP");
    await settled();
    assert.ok(await isKnown(auth, "alice"));
    const { level, message, reason } = records.pop()!;
    assert.deepEqual([level, message], ["error", "Kept the old tokens"]);
    assert.match(String(reason), /^Cannot use the tokens file "t.json": /);
  }
});

test("a server does not start with a tokens file that is missing or broken", async () => {
  const { open } = fixture({ "broken.json": '{"tokens":[{}]}' });
  await assert.rejects(open("tokens:none.json"), CommandError);
  await assert.rejects(open("tokens:broken.json"), CommandError);
});

test("tokens of other issuers are not available yet", async () => {
  await assert.rejects(fixture({}).open("jwt:file.json"), UsageError);
});
