import { assert, test } from "../harness/test.ts";
import { Metrics, SERIES_MAX } from "../../src/base/metrics.ts";

const named = (name: string, ...labels: string[]) => ({ name, help: "Says what.", labels });

test("metrics: nothing gives an empty text", () => {
  assert.equal(new Metrics().text(), "");
});

test("metrics: a counter adds up by its labels", () => {
  const metrics = new Metrics();
  const posts = metrics.counter(named("posts_total", "kind", "how"));
  posts(["paint", "created"]);
  posts(["paint", "joined"], 2);
  posts(["paint", "created"], 3);
  assert.equal(
    metrics.text(),
    "# HELP posts_total Says what.\n# TYPE posts_total counter\n" +
      'posts_total{kind="paint",how="created"} 4\nposts_total{kind="paint",how="joined"} 2\n',
  );
});

test("metrics: a gauge is read when somebody looks", () => {
  const metrics = new Metrics();
  let size = 1;
  metrics.gauge(named("queue_jobs"), () => [[[], size]]);
  size = 7;
  assert.match(metrics.text(), /^# TYPE queue_jobs gauge\nqueue_jobs 7\n/m);
});

test("metrics: a histogram counts what is up to each bound", () => {
  const metrics = new Metrics();
  const run = metrics.histogram(named("run_seconds"), [0.1, 1]);
  for (const value of [0.1, 0.5, 1, 4]) run([], value);
  const lines = metrics.text().split("\n").slice(1, -1);
  assert.deepEqual(lines, [
    "# TYPE run_seconds histogram",
    'run_seconds_bucket{le="0.1"} 1',
    'run_seconds_bucket{le="1"} 3',
    'run_seconds_bucket{le="+Inf"} 4',
    "run_seconds_sum 5.6",
    "run_seconds_count 4",
  ]);
});

test("metrics: a histogram with labels keeps them beside the bound", () => {
  const metrics = new Metrics();
  metrics.histogram(named("run_seconds", "kind"), [1])(['a"}'], 2);
  assert.ok(metrics.text().includes('run_seconds_bucket{kind="a\\"}",le="+Inf"} 1\n'));
  assert.ok(metrics.text().includes('run_seconds_sum{kind="a\\"}"} 2\n'));
});

test("metrics: labels and help are escaped", () => {
  const metrics = new Metrics();
  metrics.counter({ name: "n_total", help: "a\\b\nc", labels: ["l"] })(['\\"\n']);
  const lines = metrics.text().split("\n");
  assert.equal(lines[0], "# HELP n_total a\\\\b\\nc");
  assert.equal(lines[2], 'n_total{l="\\\\\\"\\n"} 1');
});

test("metrics: beyond the bound of series, the rest is told as other", () => {
  const metrics = new Metrics();
  const counter = metrics.counter(named("n_total", "kind"));
  for (let n = 0; n < SERIES_MAX + 50; n++) counter([`kind-${n}`]);
  counter(["kind-0"]);
  const lines = metrics.text().split("\n");
  assert.equal(lines.filter((line) => line.startsWith("n_total{")).length, SERIES_MAX + 1);
  assert.ok(lines.includes('n_total{kind="other"} 50'));
  assert.ok(lines.includes('n_total{kind="kind-0"} 2'));
});

test("metrics: a sample without its labels is a bug", () => {
  const metrics = new Metrics();
  const counter = metrics.counter(named("n_total", "kind"));
  assert.throws(() => counter([]));
});
