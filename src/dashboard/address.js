// The page's address: which job is open and which jobs are listed is in it, so that a copied link shows the same.

import { BASE } from "./api.js";
import { el, h, put } from "./elements.js";

/** The filters of `GET /jobs` that the page passes on. */
const FILTERS = ["state", "phase", "kind", "owner", "queue", "worker", "tag"];
const VIEWS = [
  ["All", ""],
  ["Running", "phase=running"],
  ["Waiting", "phase=queued&phase=delayed&phase=retrying"],
  ["Fulfilled", "state=fulfilled"],
  ["Rejected", "state=rejected"],
];

/** The job that is open; null: none is. */
export function openId() {
  return new URLSearchParams(location.search).get("job");
}

/** The filters as a query; empty: there are none. */
export function filterQuery() {
  const query = new URLSearchParams(location.search);
  for (const name of new Set(query.keys())) if (!FILTERS.includes(name)) query.delete(name);
  return String(query);
}

/** A link to this page with some parameters of its address changed; null takes one away. */
export function linkTo(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return hrefOf(query);
}

function hrefOf(query) {
  return `${BASE}/${query.size > 0 ? `?${query}` : ""}`;
}

let arrive;

/** Calls `act` at each change of the address, and goes where links of the page lead without loading it anew. */
export function onArrival(act) {
  arrive = act;
  addEventListener("popstate", act);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-here]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (link === null || !isPlain) return;
    event.preventDefault();
    goTo(link.getAttribute("href"));
  });
}

/** Goes to an address of the page. */
export function goTo(href) {
  if (href !== location.pathname + location.search) history.pushState(null, "", href);
  arrive();
}

/** Shows which jobs are listed, and what else there is to choose. */
export function showFilters() {
  const query = new URLSearchParams(location.search);
  const view = String(new URLSearchParams([...query].filter(([name]) => isOfView(name))));
  put(el("views"), ...VIEWS.map(([name, its]) => viewLink(name, its, its === view)));
  const names = FILTERS.filter((name) => query.has(name) && !isOfView(name));
  put(el("filters"), ...names.map((name) => filterItem(name, query.getAll(name))));
  el("filters").hidden = names.length === 0;
}

function isOfView(name) {
  return name === "phase" || name === "state";
}

function viewLink(name, view, isCurrent) {
  const query = new URLSearchParams(location.search);
  for (const key of ["phase", "state"]) query.delete(key);
  for (const [key, value] of new URLSearchParams(view)) query.append(key, value);
  const current = isCurrent && "page";
  return h("a", { href: hrefOf(query), "data-here": true, "aria-current": current }, name);
}

function filterItem(name, values) {
  const label = `${name} ${values.join(" or ")}`;
  const href = linkTo({ [name]: null });
  const remove = { href, "data-here": true, "aria-label": `Remove the filter ${label}` };
  return h("li", {}, label, h("a", remove, "×"));
}
