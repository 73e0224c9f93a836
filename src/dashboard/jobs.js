// The list of jobs, the newest first.

import { filterQuery, goTo, linkTo, openId } from "./address.js";
import { badge, change, el, h, say } from "./elements.js";
import { age, bytes, cut, many, span } from "./figures.js";

const rows = el("jobs").tBodies[0];
let latest = [];
/** The filters of the rows that stand there. */
let query = null;

/** Shows a page of the board that was read with these filters. */
export function showJobs({ items, next }) {
  latest = items;
  const isOther = query !== filterQuery();
  query = filterQuery();
  merge(isOther || rows.children.length === 0 || !isReading());
  el("more").hidden = next === null;
  el("jobs").hidden = items.length === 0;
}

/** Brings the links and the mark of the open job up to date. */
export function markOpen() {
  for (const job of latest) {
    const row = rowOf(job.id);
    if (row) change(row, jobRow(job));
  }
}

/** The link of a job's row, if it is there. */
export function rowLink(id) {
  return rowOf(id)?.querySelector("a") ?? null;
}

function rowOf(id) {
  return [...rows.children].find((row) => row.dataset.id === id);
}

/** Whether somebody points at the list or works in it: then no row may move. */
function isReading() {
  return rows.matches(":hover") || rows.contains(document.activeElement);
}

/** Brings rows up to date; only if `isMoving`, rows come and go. */
function merge(isMoving) {
  const known = new Map([...rows.children].map((row) => [row.dataset.id, row]));
  const ids = new Set(latest.map(({ id }) => id));
  const gone = [...known.keys()].filter((id) => !ids.has(id));
  const come = latest.filter(({ id }) => !known.has(id));
  if (isMoving) { for (const id of gone) known.get(id).remove(); }
  let place = rows.firstElementChild;
  for (const job of latest) {
    const row = known.get(job.id);
    if (row) {
      change(row, jobRow(job));
      if (row === place) place = place.nextElementSibling;
    } else if (isMoving) rows.insertBefore(jobRow(job), place);
  }
  const isHeld = !isMoving && come.length + gone.length > 0;
  el("held").hidden = !isHeld;
  if (isHeld) say("merge", `${come.length} new, ${gone.length} gone: show`);
}

el("merge").addEventListener("click", () => merge(true));

rows.addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  const isSelecting = getSelection()?.isCollapsed === false;
  if (row === null || isSelecting || event.target.closest("a") !== null) return;
  goTo(linkTo({ job: row.dataset.id }));
});

function jobRow(job) {
  const isOpen = job.id === openId();
  const link = {
    href: linkTo({ job: job.id }),
    "data-here": true,
    "aria-current": isOpen && "true",
  };
  const others = job.owners > 1 ? h("span", { class: "dim" }, ` +${job.owners - 1}`) : null;
  return h(
    "tr",
    { role: "row", "data-id": job.id, "data-open": isOpen },
    cell("state-cell", badge(stateOf(job))),
    cell("name", h("a", link, job.kind), h("span", { class: "mono dim" }, job.id.slice(-6))),
    cell("owner", job.owner ?? "–", others),
    cell("queue", job.queue),
    cell("priority number", String(job.priority)),
    cell("news", ...newsOf(job)),
    cell("worker", job.worker ?? "–"),
    cell("age number", age(job.createdAt)),
  );
}

function cell(name, ...children) {
  return h("td", { role: "cell", class: name }, ...children);
}

/** The one word for where a job stands: its phase, or how it ended. */
export function stateOf({ state, phase, error }) {
  return phase ?? (state === "rejected" ? error.reason : state);
}

/** What is worth knowing of a job now: how far it is, why it waits, how it ended. */
export function newsOf(job) {
  switch (stateOf(job)) {
    case "running":
      return progressOf(job);
    case "fulfilled":
      return [h("span", { class: "dim" }, resultOf(job))];
    case "queued":
    case "delayed":
    case "retrying": {
      const ahead = job.position > 0 ? ` (${job.position} ahead)` : "";
      return [(job.waitingFor ?? "its turn comes") + ahead];
    }
    default:
      return [cut(job.error.message, 200)];
  }
}

function progressOf({ progress, items }) {
  const { fraction, message } = progress ?? {};
  const percent = fraction === undefined ? null : `${Math.floor(fraction * 100)} %`;
  const words = [percent, message ?? (items > 0 ? many(items, "item") : null)].filter(Boolean);
  const bar = { max: 1, value: fraction ?? 0, "aria-label": "Progress" };
  return [
    fraction === undefined ? null : h("progress", bar),
    h("span", { class: "dim" }, words.join(" · ") || "computing"),
  ];
}

function resultOf({ result, items, startedAt, settledAt }) {
  const took = startedAt === null
    ? ""
    : `in ${span(Date.parse(settledAt) - Date.parse(startedAt))}`;
  const what = items > 0 ? many(items, "item") : result.type;
  return [what, bytes(result.bytes), took].filter(Boolean).join(" · ");
}
