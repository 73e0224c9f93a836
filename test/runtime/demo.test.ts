// The demo from outside, when things die in the middle: what a newcomer would try.

import { readFileSync } from "node:fs";
import process from "node:process";
import { assert, test } from "../harness/test.ts";
import { COMMANDS, Program } from "./program.ts";

const LISTENING = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n/;

for (const [runtime, command] of Object.entries(COMMANDS)) {
  const startDemo = () => new Program(command, ["demo", "--no-load", "--port", "0"]);

  test(`${runtime}: a worker that is killed in the middle of a stream costs no reader an item`, async () => {
    await using demo = startDemo();
    const url = await demo.told(LISTENING);
    const id = await demo.told(/promises\/([0-9a-f-]{36})\/events/);
    const early = readRecords(`${url}/promises/${id}/result`);
    const late = readRecords(`${url}/promises/${id}/result`);
    await early.has(5);
    const document = await (await fetch(`${url}/promises/${id}`)).json() as { worker: string };
    // Only where the system tells which process is which.
    const worker = demo.children()?.find((pid) => commandOf(pid).includes(document.worker));
    if (worker !== undefined) process.kill(worker, "SIGKILL");
    const [records, others] = await Promise.all([early.all, late.all]);
    assert.deepEqual(records, others);
    assert.deepEqual(records.slice(0, -1).map(({ seq }) => seq), [...Array(40).keys()]);
    assert.deepEqual(records.at(-1), { end: "fulfilled", items: 40 });
    const { attempt } = await (await fetch(`${url}/promises/${id}`)).json() as { attempt: number };
    assert.equal(attempt, worker === undefined ? 1 : 2);
    await again(url);
  });

  test(`${runtime}: a demo that is killed leaves no worker behind`, async () => {
    await using demo = startDemo();
    const url = await demo.told(LISTENING);
    await fetch(`${url}/healthz`);
    const workers = demo.children();
    demo.signal("SIGKILL");
    await demo.ended;
    for (const pid of workers ?? []) await gone(pid);
  });
}

/** The same job, spelled otherwise, is answered from the store. */
async function again(url: string): Promise<void> {
  const posted = await fetch(`${url}/jobs/option-price`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{ "seed" : 1.0 }',
  });
  assert.equal(posted.status, 200);
  assert.match(posted.headers.get("cache-status")!, /^hearty; hit; ttl=\d+$/);
  await posted.body?.cancel();
}

interface Record {
  readonly seq?: number;
  readonly end?: string;
  readonly items?: number;
}

/** Reads NDJSON to its end. */
function readRecords(url: string): { has(count: number): Promise<void>; all: Promise<Record[]> } {
  const records: Record[] = [];
  let nudge = Promise.withResolvers<void>();
  const read = async () => {
    const response = await fetch(url, { headers: { accept: "application/x-ndjson" } });
    let rest = "";
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      records.push(...lines.map((line) => JSON.parse(line)));
      nudge.resolve();
      nudge = Promise.withResolvers();
    }
    return records;
  };
  return {
    all: read(),
    async has(count) {
      while (records.length < count) await nudge.promise;
    },
  };
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ESRCH");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
