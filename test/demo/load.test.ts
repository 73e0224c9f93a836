import { seededRandom } from "../../src/base/random.ts";
import type { Kind } from "../../src/demo/kind.ts";
import { generateLoad, type LoadCounts } from "../../src/demo/load.ts";
import { flightDelays } from "../../src/demo/flight-delays.ts";
import { optionPrice } from "../../src/demo/option-price.ts";
import { priceChart } from "../../src/demo/price-chart.ts";
import { valueAtRisk } from "../../src/demo/value-at-risk.ts";
import { assert, test } from "../harness/test.ts";

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly body: string;
  /** The generator's clock when it came. */
  readonly atMs: number;
}

interface Run {
  readonly sent: Sent[];
  readonly troubles: string[];
  readonly counts: LoadCounts;
}

test("four owners post; some jobs are asked for by two of them", async () => {
  const { sent, counts } = await run({ forMs: 120_000 });
  assert.deepEqual(
    new Set(sent.map(({ query }) => query.owner)),
    new Set(["ann", "bob", "carol", "nightly"]),
  );
  const asked = Map.groupBy(
    sent.filter(({ method }) => method === "POST"),
    ({ path, body }) => path + body,
  );
  const shared = [...asked.values()].filter((posts) =>
    new Set(posts.map(({ query }) => query.owner)).size > 1
  );
  assert.ok(shared.length >= 10, `${shared.length}`);
  assert.ok(new Set(sent.map(({ query }) => query.queue)).size >= 5);
  assert.equal(counts.posted + counts.cancelled, sent.length);
});

test("every job is one that its kind accepts", async () => {
  const { sent } = await run({ forMs: 600_000 });
  const jobs = sent.filter(({ method }) => method === "POST").map(jobOf);
  assert.deepEqual(new Set(jobs.map(({ kind }) => kind)), new Set(Object.keys(KINDS)));
  for (const { kind, input } of jobs) {
    assert.deepEqual(
      KINDS[kind]!.input.safeParse(input).error?.issues ?? [],
      [],
      JSON.stringify(input),
    );
  }
});

test("jobs come at the rate that was asked for", async () => {
  for (const jobsPerSecond of [0.5, 2, 10]) {
    const { sent } = await run({ forMs: 1_000_000 / jobsPerSecond, jobsPerSecond });
    const jobs = sent.filter(({ method }) => method === "POST").map(jobOf);
    assert.ok(jobs.length > 850 && jobs.length < 1_150, `${jobs.length} at ${jobsPerSecond}`);
  }
});

test("it keeps two processes busy, not more", async () => {
  const { sent } = await run({ forMs: 600_000 });
  const regretted = new Set(
    sent.filter(({ method }) => method === "DELETE").map(({ path }) => path),
  );
  const posts = sent.filter(({ method }) => method === "POST");
  // A job that was asked for before is not computed again; one that is cancelled runs a few seconds.
  const computed = new Map(posts.map((post) => {
    const isRegretted = regretted.has(`/promises/${sent.indexOf(post)}`);
    return [post.path + post.body, isRegretted ? 3 : seconds(jobOf(post))];
  }));
  const busy = [...computed.values()].reduce((sum, cost) => sum + cost, 0) / 600;
  assert.ok(busy > 0.5 && busy < 1.2, `${busy} seconds of computing a second`);
});

test("now and then a job is cancelled a little after it was posted, by its owner", async () => {
  const { sent, counts } = await run({ forMs: 600_000 });
  const cancels = sent.filter(({ method }) => method === "DELETE");
  assert.ok(cancels.length >= 5 && cancels.length === counts.cancelled);
  for (const cancel of cancels) {
    const post = sent[Number(cancel.path.split("/").at(-1))]!;
    assert.equal(cancel.query.owner, post.query.owner);
    assert.ok(cancel.atMs > post.atMs);
  }
});

test("the nightly burst comes at once and with a low priority", async () => {
  const { sent } = await run({ forMs: 300_000 });
  const nightly = sent.filter(({ query }) => query.owner === "nightly");
  const bursts = Map.groupBy(nightly, ({ atMs }) => atMs);
  assert.ok(bursts.size >= 3 && [...bursts.values()].every((burst) => burst.length === 6));
  assert.ok(nightly.every(({ query }) => query.priority === "background"));
});

test("a refusal is told of, and waited out for as long as it says", async () => {
  let refusals = 0;
  const { sent, troubles, counts } = await run({
    forMs: 60_000,
    answer: (request) =>
      request.atMs > 10_000 && refusals++ < 1
        ? new Response("{}", { status: 429, headers: { "retry-after": "7" } })
        : null,
  });
  assert.equal(counts.refused, 1);
  assert.match(troubles.join(), /^Cannot POST \/\w+(\/[\w-]+)?: answered with 429$/);
  const refused = sent.findIndex(({ atMs }) => atMs > 10_000);
  assert.ok(sent[refused + 1]!.atMs >= sent[refused]!.atMs + 7_000);
});

test("a server that is away is asked again, less and less often, and then used again", async () => {
  const { sent, counts } = await run({
    forMs: 400_000,
    answer: ({ atMs }) => {
      if (atMs < 200_000) throw new TypeError("connection refused");
      return null;
    },
  });
  const tries = sent.filter(({ atMs }) => atMs < 200_000);
  assert.equal(counts.failed, tries.length);
  assert.ok(tries.length < 15, `${tries.length}`);
  assert.ok(sent.length > 200);
});

test("it waits while the workers are behind", async () => {
  const { sent } = await run({
    forMs: 60_000,
    queued: (atMs) => atMs > 20_000 && atMs < 40_000 ? 9 : 3,
  });
  const between = sent.filter(({ atMs }) => atMs > 21_000 && atMs < 40_000);
  assert.deepEqual(between, []);
  assert.ok(sent.some(({ atMs }) => atMs >= 40_000));
});

test("the same seed posts the same jobs", async () => {
  assert.deepEqual(await run({ forMs: 30_000 }), await run({ forMs: 30_000 }));
});

test("it stops while a request is under way, without a complaint", async () => {
  const stop = new AbortController();
  const troubles: string[] = [];
  const counts = await generateLoad({
    url: "http://load.test",
    signal: stop.signal,
    random: seededRandom(1).unit,
    sleep: () => Promise.resolve(),
    onTrouble: (message) => void troubles.push(message),
    send: (request) => {
      if (request.method === "GET") return Promise.resolve(Response.json({ items: [] }));
      queueMicrotask(() => stop.abort());
      return new Promise((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason))
      );
    },
  });
  assert.deepEqual(counts, { posted: 0, cancelled: 0, refused: 0, failed: 0 });
  assert.deepEqual(troubles, []);
});

test("a base path is kept", async () => {
  const { sent } = await run({ forMs: 5_000, url: "http://load.test/desk" });
  assert.ok(sent.every(({ path }) => path.startsWith("/desk/")));
});

const KINDS: Record<string, Kind> = {
  "option-price": optionPrice,
  "value-at-risk": valueAtRisk,
  "flight-delays": flightDelays,
  "price-chart": priceChart,
};

function seconds({ kind, input }: Asked): number {
  const { input: schema, estimate } = KINDS[kind]!;
  return estimate(schema.parse(input)) / 1_000;
}

interface Asked {
  readonly kind: string;
  readonly input: unknown;
}

function jobOf({ path, body }: Sent): Asked {
  return { kind: path.split("/").at(-1)!, input: JSON.parse(body) };
}

interface RunOptions {
  readonly forMs: number;
  readonly jobsPerSecond?: number;
  readonly url?: string;
  /** How many jobs wait at a time; default: none. */
  readonly queued?: (atMs: number) => number;
  /** Null: accepted. */
  readonly answer?: (request: Sent) => Response | null;
}

/** Lets the generator run against a server and a clock that are made up: nobody waits. */
async function run(
  { forMs, answer = () => null, queued = () => 0, url = "http://load.test", ...options }:
    RunOptions,
): Promise<Run> {
  const stop = new AbortController();
  const sent: Sent[] = [];
  const troubles: string[] = [];
  let nowMs = 0;
  const counts = await generateLoad({
    ...options,
    url,
    signal: stop.signal,
    random: seededRandom(7).unit,
    sleep(ms) {
      nowMs += ms;
      if (nowMs >= forMs) stop.abort();
      return Promise.resolve();
    },
    async send(request) {
      const { pathname: path, searchParams } = new URL(request.url);
      const query = Object.fromEntries(searchParams);
      if (request.method === "GET") {
        assert.deepEqual([path.split("/").at(-1), query.phase], ["jobs", "queued"]);
        const length = Math.min(queued(nowMs), Number(query.limit));
        return Response.json({ items: Array.from({ length }, () => ({})) });
      }
      sent.push({ method: request.method, path, query, body: await request.text(), atMs: nowMs });
      return answer(sent.at(-1)!) ?? new Response(null, {
        status: request.method === "DELETE" ? 204 : 202,
        headers: { location: `/promises/${sent.length - 1}` },
      });
    },
    onTrouble: (message) => void troubles.push(message),
  });
  return { sent, troubles, counts };
}
