// What stands beside the jobs: workers, kinds, the load in one line, and what to do where there is nothing.

import { filterQuery, linkTo } from "./address.js";
import { BASE } from "./api.js";
import { badge, el, h, put, say } from "./elements.js";
import { cut, many, number } from "./figures.js";

/** The address of this server, for the commands that are shown. */
const ADDRESS = location.origin + BASE;

/** Shows the workers; null: the caller may not see them. */
export function showWorkers(workers) {
  el("workers-panel").hidden = workers === null;
  if (workers === null) return;
  el("workers").hidden = workers.length === 0;
  el("no-workers").hidden = workers.length > 0;
  say("no-workers", `No worker is connected. Start one: hearty work FILE --server ${ADDRESS}`);
  put(el("workers").tBodies[0], ...workers.map(workerRow));
}

function workerRow({ name, address, state, busy, concurrency, kinds, done, failed, lost }) {
  const link = { href: linkTo({ worker: name, job: null }), "data-here": true };
  const slots = { max: concurrency, value: busy, "aria-hidden": "true" };
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("a", link, name), h("span", { class: "dim" }, ` ${address}`)),
    h("td", {}, badge(state)),
    h("td", { class: "slots" }, h("meter", slots), ` ${busy} of ${concurrency}`),
    h("td", { class: "text" }, cut(kinds.join(", "), 200)),
    ...[done, failed, lost].map((count) => h("td", { class: "number" }, number(count))),
  );
}

/** Shows the kinds. */
export function showKinds(kinds) {
  el("kinds").hidden = kinds.length === 0;
  el("no-kinds").hidden = kinds.length > 0;
  put(el("kinds").tBodies[0], ...kinds.map(kindRow));
}

function kindRow({ kind, description, workers, paused }) {
  const link = { href: linkTo({ kind, job: null }), "data-here": true };
  const isNone = workers === 0;
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", link, kind),
      paused ? h("span", { class: "dim" }, " paused") : null,
    ),
    h("td", { class: "text" }, cut(description ?? "", 300)),
    h("td", { class: isNone ? "number lacking" : "number" }, isNone ? "none" : number(workers)),
  );
}

/** Shows in one line how busy the server is; `workers` null: as far as the jobs tell. */
export function showLoad(jobs, workers) {
  const running = workers === null
    ? jobs.filter(({ phase }) => phase === "running").length
    : sum(workers, "busy");
  const slots = workers === null ? "" : ` of ${many(sum(workers, "concurrency"), "slot")} busy`;
  say("load", workers === null ? `${running} running` : `${running}${slots}`);
  document.title = `${running} running – Hearty`;
}

function sum(workers, member) {
  return workers.reduce((all, worker) => all + worker[member], 0);
}

/** Says what to do if there are no jobs. */
export function showEmpty(jobs, kinds, session) {
  el("empty").hidden = jobs.length > 0;
  if (jobs.length === 0) put(el("empty"), ...emptyNodes(kinds, session));
}

function emptyNodes([kind], { auth }) {
  if (filterQuery() !== "") {
    const all = h("a", { href: `${BASE}/`, "data-here": true }, "Show all jobs");
    return [h("p", {}, "No job is like this. "), h("p", {}, all)];
  }
  if (kind === undefined) {
    return [
      h("p", {}, "No job yet, and no kind of job: a worker brings the kinds that it computes."),
      h("pre", { tabindex: 0 }, `hearty work FILE --server ${ADDRESS}`),
    ];
  }
  const lines = [
    `curl ${ADDRESS}/jobs/${kind.kind}`,
    ...(auth === "none" ? [] : ['-H "Authorization: Bearer $HEARTY_TOKEN"']),
    "-H 'Content-Type: application/json'",
    `-d '${JSON.stringify(sampleOf(kind.input)).replaceAll("'", "'\\''")}'`,
  ];
  return [
    h("p", {}, "No job yet. This posts one:"),
    h("pre", { tabindex: 0 }, lines.join(" \\\n  ")),
  ];
}

/** The least input that a schema may take: what is required, by its example, default or plainest value. */
function sampleOf(schema, depth = 0) {
  if (typeof schema !== "object" || schema === null || depth > 8) return {};
  const { type, properties = {}, required = [] } = schema;
  const said = schema.const ?? schema.default ?? schema.examples?.[0] ?? schema.enum?.[0];
  if (said !== undefined) return said;
  if (type === "string") return "text";
  if (type === "number" || type === "integer") return schema.minimum ?? 1;
  if (type === "boolean") return true;
  if (type === "array") return [];
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name], depth + 1)]));
}
