import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "../harness/test.ts";
import { storeContract, type StoreSubject } from "../../src/store/contract.ts";
import type { KV } from "../../src/store/kv.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { openStore } from "../../src/store/open.ts";

const folder = await mkdtemp(join(tmpdir(), "hearty-store-"));
after(() => rm(folder, { recursive: true }));

const subjects: Readonly<Record<string, StoreSubject>> = {
  memory: { open: () => Promise.resolve(memoryStore()), reopen: null },
  file: fileSubject(),
};

for (const [backend, subject] of Object.entries(subjects)) {
  for (const { name, run } of storeContract) {
    test(`${backend}: ${name}`, () => run(subject));
  }
}

function fileSubject(): StoreSubject {
  const specs = new Map<KV, string>();
  const open = async (spec: string) => {
    const store = await openStore(spec);
    specs.set(store, spec);
    return store;
  };
  return {
    open: () => open(`file:${join(folder, `${specs.size}.db`)}`),
    reopen: (closed) => open(specs.get(closed)!),
  };
}
