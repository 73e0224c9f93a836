// A plot of one number of the items of a stream.

import { el, h, say } from "./elements.js";
import { number } from "./figures.js";

const WIDTH = 600;
const HEIGHT = 160;
/** Room above and below the line, for its own width. */
const MARGIN = 4;
const POINTS_MAX = 2_000;
/** Most numbers that are kept of one item. */
const FIELDS_MAX = 12;
/** What is plotted if it is there. */
const PREFERRED = ["price", "value", "mean", "estimate", "result"];
/** Fields that only count the items make dull pictures. */
const COUNTERS = ["paths", "seq", "index", "n", "i", "step", "count"];

/** Gathers the numbers of one stream, and draws one of them. */
export class Plot {
  #points = [];
  #fields = new Set();
  #field = null;

  constructor() {
    el("plot").hidden = true;
    el("plot-field").replaceChildren();
    el("plot-field").onchange = ({ target }) => {
      this.#field = [...this.#fields][target.selectedIndex];
      this.draw();
    };
  }

  /** Takes the numbers of an item. */
  add(seq, value) {
    const numbers = numbersOf(value);
    if (Object.keys(numbers).length === 0) return;
    for (const name of Object.keys(numbers)) this.#fields.add(name);
    this.#points.push({ seq, numbers });
    // Every second point tells the same story.
    if (this.#points.length > POINTS_MAX) this.#points = this.#points.filter((_, i) => i % 2 === 1);
  }

  draw() {
    this.#offerFields();
    const name = this.#field;
    const points = this.#points.filter(({ numbers }) => name in numbers);
    if (points.length < 2) return;
    // An estimate with its bounds is drawn with them.
    const isBanded = PREFERRED.includes(name) &&
      points.every(({ numbers }) => "low" in numbers && "high" in numbers);
    const names = isBanded ? ["low", "high"] : [name];
    const values = points.flatMap(({ numbers }) => names.map((n) => numbers[n]));
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    drawLines(points, { name, isBanded, low, high });
    tell(points, { name, isBanded, low, high });
    el("plot").hidden = false;
  }

  #offerFields() {
    const select = el("plot-field");
    if (select.options.length === this.#fields.size) return;
    const names = [...this.#fields];
    this.#field ??= PREFERRED.find((name) => names.includes(name)) ??
      names.find((name) => !COUNTERS.includes(name)) ?? names[0];
    select.replaceChildren(
      ...names.map((name) => h("option", { selected: name === this.#field }, name)),
    );
  }
}

function numbersOf(value) {
  if (Number.isFinite(value)) return { value };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const numbers = Object.entries(value).filter(([, number]) => Number.isFinite(number));
  return Object.fromEntries(numbers.slice(0, FIELDS_MAX));
}

function drawLines(points, { name, isBanded, low, high }) {
  const [first, last] = [points[0].seq, points.at(-1).seq];
  const x = (seq) => (WIDTH * (seq - first) / (last - first)).toFixed(1);
  const room = HEIGHT - 2 * MARGIN;
  const y = (value) =>
    (high === low ? HEIGHT / 2 : MARGIN + room * (high - value) / (high - low)).toFixed(1);
  const line = (field) => points.map(({ seq, numbers }) => `${x(seq)},${y(numbers[field])}`);
  const band = isBanded ? [...line("low"), ...line("high").reverse()] : [];
  const picture = el("plot-picture");
  picture.querySelector(".band").setAttribute("points", band.join(" "));
  picture.querySelector(".line").setAttribute("points", line(name).join(" "));
  // A line without length, but with round ends, is a dot that no stretching deforms.
  const dot = `M${x(last)} ${y(points.at(-1).numbers[name])}h0`;
  picture.querySelector(".dot").setAttribute("d", dot);
}

function tell(points, { name, isBanded, low, high }) {
  const [first, last] = [points[0].seq, points.at(-1).seq];
  const now = number(points.at(-1).numbers[name]);
  say("plot-last", now);
  say("plot-high", number(high));
  say("plot-low", number(low));
  say("plot-first", `item ${first}`);
  say("plot-end", `item ${last}`);
  const band = isBanded ? "; the band is from low to high" : "";
  const range = `from ${number(low)} to ${number(high)}, last ${now}`;
  say("plot-summary", `${name} of items ${first} to ${last}: ${range}${band}`);
}
