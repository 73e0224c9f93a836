import { jobs, kinds } from "../../src/demo/app.ts";
import type { KindDefinition } from "../../src/worker/mod.ts";
import { assert, test } from "../harness/test.ts";
import { fakeJob } from "./running.ts";

const NAMES = ["option-price", "value-at-risk", "flight-delays", "price-chart"];
const definition = (name: string) => kinds[name] as KindDefinition;
const job = fakeJob() as unknown as Parameters<KindDefinition["run"]>[1];

test("a worker of the desk offers its kinds, each with a description and the schema of its inputs", () => {
  assert.deepEqual(Object.keys(kinds), NAMES);
  for (const name of NAMES) {
    const { description, input } = definition(name);
    assert.ok(description!.length > 20);
    const { type, additionalProperties, properties, required } = input as Record<string, object>;
    assert.deepEqual([type, additionalProperties], ["object", false]);
    // Everything has a default or may be left out, and says what it is.
    assert.equal(required, undefined);
    assert.ok(Object.values(properties!).every(({ description }) => description.length > 5), name);
  }
});

test("a server of the desk defines the same kinds, and computes none of them", () => {
  assert.deepEqual(jobs.map(({ offer }) => offer.kind as string), NAMES);
  assert.ok(jobs.every(({ functions }) => functions.run === undefined));
});

test("a server is told the data that results depend on, and about how long the defaults take", () => {
  const [price, risk, delays, chart] = jobs.map(({ input, functions }) => {
    const defaults = input!.parse({});
    return { tags: functions.tags!(defaults), seconds: functions.estimate!(defaults) / 1_000 };
  });
  assert.deepEqual([price!.tags, delays!.tags], [["data:sp500"], ["data:flights"]]);
  assert.ok(price!.seconds > 3 && price!.seconds < 5);
  assert.ok([risk!, delays!].every(({ seconds }) => seconds > 1 && seconds < 3));
  assert.ok(chart!.seconds < 0.1);
});

test("a handler fills in what was left out", async () => {
  const chart = await definition("price-chart").run({}, job) as Blob;
  assert.match(await chart.text(), /width="800"/);
});

test("a handler refuses what a server without the desk's checks has let through", () => {
  assert.throws(
    () => definition("option-price").run({ from: "2020-04-17" }, job),
    (error: Error) => {
      assert.match(
        error.message,
        /^Cannot compute a job of kind 'option-price': .*Must be after from/,
      );
      assert.match(error.message, /at to/);
      return true;
    },
  );
});
