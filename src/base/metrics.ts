// Counters, gauges and histograms, shown as Prometheus's text format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
//
// M1. Labels are bounded: a metric has at most SERIES_MAX series, and what comes after them is told as one,
//     with `other` for every label. So names that clients choose cannot fill the memory.

import { assert } from "./assert.ts";

/** The content type of `Metrics.text`. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Most series of one counter or histogram. */
export const SERIES_MAX = 1_000;

/** What a metric is called. */
export interface MetricName {
  /** Snake case with the unit last: `hearty_run_seconds`; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  /** Names of the labels; every sample gives their values in this order. */
  readonly labels: readonly string[];
}

/** A number with the values of its labels. */
export type Sample = readonly [labels: readonly string[], value: number];

/** The metrics of one server. */
export class Metrics {
  readonly #families: (() => string[])[] = [];

  /** A number that only grows, kept here; the answer counts. */
  counter(metric: MetricName): (labels: readonly string[], count?: number) => void {
    const series = new Series(metric, () => ({ count: 0 }));
    this.#add(metric, "counter", () => series.lines((one, labels) => [`${labels} ${one.count}`]));
    return (labels, count = 1) => void (series.of(labels).count += count);
  }

  /** A number that goes up and down, read whenever somebody looks. */
  gauge(metric: MetricName, read: () => Iterable<Sample>): void {
    this.#add(
      metric,
      "gauge",
      () => Array.from(read(), ([labels, value]) => `${labelText(metric, labels)} ${value}`),
    );
  }

  /** Measurements by size; `bounds` are the buckets' upper ends, ascending, without infinity. The answer observes one. */
  histogram(
    metric: MetricName,
    bounds: readonly number[],
  ): (labels: readonly string[], value: number) => void {
    const fresh = () => ({ buckets: new Float64Array(bounds.length + 1), sum: 0 });
    const series = new Series(metric, fresh);
    this.#add(metric, "histogram", () =>
      series.lines(({ buckets, sum }, labels) => {
        let count = 0;
        const within = (bound: string) =>
          labels.replace(/\}?$/, `${labels ? "," : "{"}le="${bound}"}`);
        const lines = Array.from(buckets, (n, i) =>
          `_bucket${within(String(bounds[i] ?? "+Inf"))} ${count += n}`);
        return [...lines, `_sum${labels} ${sum}`, `_count${labels} ${count}`];
      }));
    return (labels, value) => {
      const one = series.of(labels);
      const index = bounds.findIndex((bound) => value <= bound);
      one.buckets[index < 0 ? bounds.length : index]!++;
      one.sum += value;
    };
  }

  /** All metrics as they are now. */
  text(): string {
    return this.#families.flatMap((lines) => lines()).map((line) => line + "\n").join("");
  }

  #add({ name, help }: MetricName, type: string, samples: () => string[]): void {
    const head = [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
    ];
    this.#families.push(() => [...head, ...samples().map((sample) => name + sample)]);
  }
}

/** The series of one metric, by the values of their labels (M1). */
class Series<T> {
  readonly #metric: MetricName;
  readonly #fresh: () => T;
  readonly #byLabels: Map<string, { readonly text: string; readonly value: T }> = new Map();

  constructor(metric: MetricName, fresh: () => T) {
    this.#metric = metric;
    this.#fresh = fresh;
  }

  of(labels: readonly string[]): T {
    const key = labels.length === 1 ? labels[0]! : labels.join("\0");
    const known = this.#byLabels.get(key);
    if (known) return known.value;
    const other = labels.map(() => "other");
    if (this.#byLabels.size >= SERIES_MAX && key !== other.join("\0")) return this.of(other);
    const value = this.#fresh();
    this.#byLabels.set(key, { text: labelText(this.#metric, labels), value });
    return value;
  }

  lines(show: (value: T, labels: string) => string[]): string[] {
    return [...this.#byLabels.values()].flatMap(({ value, text }) => show(value, text));
  }
}

function labelText(metric: MetricName, values: readonly string[]): string {
  assert(values.length === metric.labels.length, "every label has a value");
  if (values.length === 0) return "";
  const parts = metric.labels.map((label, i) => `${label}="${escaped(values[i]!)}"`);
  return `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
