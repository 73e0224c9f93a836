// The stream of one job: its items as they come, each once, and its end. Where a connection breaks, it is taken up
// again.

import { linkTo } from "./address.js";
import { BASE } from "./api.js";
import { el, h, outside, say } from "./elements.js";
import { bytes, cut, many, number } from "./figures.js";
import { Plot } from "./plot.js";

/** Most items on the page; the oldest leave it. */
const SHOWN_MAX = 200;
/** Of a job that has more items already, only so many are read. */
const READ_MAX = 2_000;
const ITEM_TEXT_MAX = 400;
const VALUE_TEXT_MAX = 64 * 1024;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|svg\+xml)$/;

/** Follows one job. */
export class Stream {
  #id;
  #listener;
  /** The item that comes next. */
  #next;
  #source = null;
  #isOver = false;
  #failures = 0;
  #retryTimer = 0;
  /** Items that are not on the page yet. */
  #waiting = [];
  #frame = 0;
  #plot = new Plot();

  /** `listener.hear` gets each document of the promise that comes along, `listener.settled` resolves with the last one. */
  constructor({ id, items }, listener) {
    this.#id = id;
    this.#listener = listener;
    this.#next = Math.max(0, items - READ_MAX);
    const left = `Items before ${number(this.#next)} are left out; the link to the result has all`;
    note(this.#next > 0 ? left : "");
    el("items").replaceChildren();
    el("items").hidden = true;
    el("value").replaceChildren();
    say("stream-state", "");
  }

  /** Follows, from where it stopped. */
  resume() {
    if (this.#isOver || this.#source !== null || document.hidden) return;
    if (this.#waiting.length > 0) this.#draw();
    const source = new EventSource(`${BASE}/promises/${this.#id}/events?from=${this.#next}`);
    this.#source = source;
    const on = (type, act) => source.addEventListener(type, ({ data }) => act(JSON.parse(data)));
    on("status", (status) => this.#listener.hear(status));
    on("item", (record) => this.#take(record));
    on("fulfilled", (end) => this.#end(end));
    on("rejected", (end) => this.#end(end));
    source.addEventListener("open", () => {
      this.#failures = 0;
      say("stream-state", this.#next > 0 ? many(this.#next, "item") : "Nothing yet");
    });
    source.addEventListener("error", () => this.#break());
  }

  /** Stops following; nothing more is drawn. */
  pause() {
    clearTimeout(this.#retryTimer);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#source?.close();
    this.#source = null;
  }

  /** A browser comes back by itself after a break, but not after an answer that is no stream. */
  #break() {
    say("stream-state", "Connecting again");
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    this.pause();
    const pause = Math.min(RETRY_MS * 2 ** this.#failures++, RETRY_MS_MAX);
    this.#retryTimer = setTimeout(() => this.resume(), pause);
  }

  #take(record) {
    if (record.seq < this.#next) return;
    this.#next = record.seq + 1;
    this.#plot.add(record.seq, record.value);
    this.#waiting.push(record);
    if (this.#waiting.length > SHOWN_MAX) this.#waiting.shift();
    // However fast they come, they are drawn once a frame.
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const list = el("items");
    list.hidden = false;
    list.prepend(...this.#waiting.reverse().map(itemNode));
    this.#waiting = [];
    while (list.children.length > SHOWN_MAX) list.lastElementChild.remove();
    const count = `The newest ${SHOWN_MAX} of ${many(this.#next, "item")}`;
    if (this.#next > SHOWN_MAX) note(`${count}; the link to the result has all`);
    say("stream-state", many(this.#next, "item"));
    this.#plot.draw();
  }

  #end(end) {
    this.#isOver = true;
    this.pause();
    if (this.#waiting.length > 0) this.#draw();
    const isValue = "result" in end || "link" in end;
    const word = end.end === "fulfilled" ? "Complete" : "Broken off";
    const isNothing = end.end === "rejected" && end.items === 0;
    const items = isNothing ? "None" : `${word}: ${many(end.items, "item")}`;
    say("stream-state", isValue ? "One value" : items);
    if (isValue) void this.#showValue(end);
  }

  async #showValue(end) {
    const job = await this.#listener.settled();
    // Somebody may look at another job by now.
    if (job?.id !== this.#id) return;
    el("value").replaceChildren(valueNode(end, job.result?.type ?? ""));
  }
}

function note(text) {
  say("items-note", text);
  el("items-note").hidden = text === "";
}

function itemNode(record) {
  const { seq, error, promise } = record;
  const job = { href: linkTo({ job: promise }), "data-here": true };
  return h(
    "li",
    { class: error ? "fault" : null },
    h("span", { class: "seq" }, String(seq)),
    h("code", {}, cut(textOf(record), ITEM_TEXT_MAX)),
    promise ? h("a", job, "job") : null,
  );
}

/** What an item is, in one line. */
function textOf({ value, error, items, type, base64 }) {
  if (error) return `${error.name}: ${error.message}`;
  if (items !== undefined) return many(items, "item");
  return base64 === undefined ? lineOf(value) : `${type}, ${bytes(base64.length * 3 >> 2)}`;
}

/** JSON in one line that can be broken between its members. */
function lineOf(value) {
  return JSON.stringify(value, null, 1).replaceAll(/\n */g, " ");
}

/** The one value of a result: as text, as a picture, or by a link. */
function valueNode(end, type) {
  if ("result" in end) {
    return h("pre", { tabindex: 0 }, cut(JSON.stringify(end.result, null, 2), VALUE_TEXT_MAX));
  }
  // A picture cannot act: browsers run no script of one that is shown like this.
  if (PICTURE.test(type)) return h("img", { src: end.link, alt: "The result" });
  return h("p", {}, outside(end.link, `Open the result (${type})`));
}
