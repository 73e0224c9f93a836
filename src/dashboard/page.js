// The dashboard's script: what it shows comes from the public API with the rights of whoever looks. Everything that
// comes from outside becomes text nodes, never markup.

const BASE = document.documentElement.dataset.base;
/** Between two readings of the lists, in ms; after failures it doubles, up to the second. */
const READ_MS = 2_000;
const READ_MS_MAX = 30_000;
/** A reading that takes longer has failed, in ms. */
const READ_TIMEOUT_MS = 10_000;
const JOBS_MAX = 50;
const ITEMS_SHOWN_MAX = 200;
const POINTS_MAX = 2_000;
/** Largest text shown whole: an input, a value; and of one item. */
const TEXT_MAX = 64 * 1024;
const ITEM_TEXT_MAX = 400;

const FILTERS = ["state", "phase", "kind", "owner", "queue", "worker", "tag"];
const VIEWS = [
  ["All", ""],
  ["Running", "phase=running"],
  ["Waiting", "phase=queued&phase=delayed&phase=retrying"],
  ["Fulfilled", "state=fulfilled"],
  ["Rejected", "state=rejected"],
];

// ---- Elements ----

/** The element of an id. */
function el(id) {
  return document.getElementById(id);
}

/** A new element; `props` are attributes, children are nodes or texts. */
function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null).map((c) => c instanceof Node ? c : shown(c)));
  return element;
}

/** Text of others as people may see it: what is invisible or turns the direction of writing is spelled out. */
function shown(text) {
  return String(text).replace(HIDDEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Sets a text, and touches the page only if it is another. */
function say(id, text) {
  const element = el(id);
  if (element.textContent !== shown(text)) element.textContent = shown(text);
}

/** Puts nodes in place of others, unless they look the same: focus and selection stay. */
function put(parent, ...nodes) {
  const fresh = h("div", {}, ...nodes);
  const old = h("div");
  old.append(...[...parent.childNodes].map((node) => node.cloneNode(true)));
  if (!old.isEqualNode(fresh)) parent.replaceChildren(...fresh.childNodes);
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

const SVG = "http://www.w3.org/2000/svg";

/** A state by icon, word and colour. */
function badge(state) {
  const name = document.getElementById(`icon-${state}`) ? state : "queued";
  return h("span", { class: `state ${name}` }, icon(name), state.replace("-", " "));
}

// ---- Numbers and times ----

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
/** How far the server's clock is ahead of ours, in ms. */
let aheadMs = 0;

function span(ms) {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor(seconds / 60) % 60} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds / 3_600) % 24} h`;
}

function since(time) {
  return Date.now() + aheadMs - Date.parse(time);
}

function bytes(count) {
  if (count < 1_024) return `${count} B`;
  return count < 1_048_576 ? `${(count / 1_024).toFixed(1)} KiB` : `${(count / 1_048_576).toFixed(1)} MiB`;
}

function many(count, word) {
  return `${short.format(count)} ${word}${count === 1 ? "" : "s"}`;
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

// ---- The API ----

/** A request that was refused or failed, in the words of the server. */
class Problem extends Error {
  constructor(status, title, detail) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, { ...options, signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
  } catch {
    // The browser does not tell a page why.
    throw new Problem(0, "The server does not answer.", "What is shown here may be out of date.");
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Problem(
    response.status,
    problem.title ?? `The server answered with ${response.status}`,
    problem.detail ?? "",
  );
}

async function read(path) {
  const response = await ask(path);
  const date = Date.parse(response.headers.get("date") ?? "");
  const ahead = date - Date.now();
  // The header has whole seconds: less is no difference.
  aheadMs = Math.abs(ahead) > 2_000 ? ahead : 0;
  return await response.json();
}

// ---- What is known, and keeping it so ----

/** Who looks: `{owner, roles, auth}`; null: not known, or nobody yet. */
let session = null;
let readTimer = 0;
let failures = 0;
let lastGoodAt = null;
let kinds = [];

function may(role) {
  return session !== null && session.roles.includes(role);
}

let reading = null;

/** Reads everything that is shown, now; the next reading follows by itself. */
function refresh() {
  reading ??= readAll().finally(() => reading = null);
  return reading;
}

async function readAll() {
  clearTimeout(readTimer);
  try {
    session ??= await read("/session");
    showSession();
    const query = new URLSearchParams(location.search);
    for (const name of [...query.keys()]) if (!FILTERS.includes(name)) query.delete(name);
    const [jobs, kindList, workers] = await Promise.all([
      read(`/jobs?limit=${JOBS_MAX}&${query}`),
      read("/kinds?limit=1000"),
      may("viewer") ? read("/workers") : null,
      refreshJob(),
    ]);
    kinds = kindList.items;
    showJobs(jobs);
    showKinds();
    showWorkers(workers?.items ?? null);
    showLoad(jobs.items, workers?.items ?? null);
    good();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) return showLogin();
    bad(error);
  } finally {
    const pause = Math.min(READ_MS * 2 ** Math.min(failures, 8), READ_MS_MAX);
    if (!document.hidden && el("login").hidden) readTimer = setTimeout(refresh, pause);
  }
}

function good() {
  failures = 0;
  lastGoodAt = new Date();
  pulse("live", "Live");
  el("trouble").hidden = true;
  document.body.classList.remove("stale");
}

function bad(problem) {
  failures++;
  pulse("off", lastGoodAt === null ? "Offline" : `Stale since ${clockTime.format(lastGoodAt)}`);
  document.body.classList.add("stale");
  showTrouble(problem);
}

function pulse(state, text) {
  el("pulse").dataset.pulse = state;
  say("pulse", text);
}

function showTrouble(problem) {
  say("trouble-title", problem.title);
  say("trouble-detail", problem.message);
  el("trouble").hidden = false;
}

/** Tells the outcome of an action, on the page and to screen readers. */
function announce(text) {
  say("said", text);
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => say("said", ""), 8_000);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(readTimer);
    if (session !== null) pulse("off", "Paused");
    stream?.pause();
  } else {
    refresh();
    stream?.resume();
  }
});

// ---- Who looks ----

function showSession() {
  el("login").hidden = true;
  el("board").hidden = false;
  el("who").hidden = session.auth === "none";
  el("open-door").hidden = session.auth !== "none";
  say("who-name", `${session.owner} (${session.roles.join(", ")})`);
}

function showLogin() {
  session = null;
  stream?.pause();
  el("board").hidden = el("trouble").hidden = el("who").hidden = true;
  el("login").hidden = false;
  document.title = "Log in – Hearty";
  pulse("off", "Not logged in");
  say("load", "");
  el("token").focus();
}

el("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("login-fault", "");
  const token = el("token");
  const body = new URLSearchParams({ token: token.value });
  try {
    session = await (await ask("/session", { method: "POST", body })).json();
  } catch (error) {
    say("login-fault", error.status === 401 ? "This token is not known." : `${error.title} ${error.message}`);
    token.setAttribute("aria-invalid", "true");
    return token.focus();
  }
  token.value = "";
  token.removeAttribute("aria-invalid");
  showSession();
  el("main").focus();
  await refresh();
  stream?.resume();
});

el("logout").addEventListener("click", async () => {
  try {
    await ask("/session", { method: "DELETE" });
    showLogin();
  } catch (error) {
    showTrouble(error);
  }
});

// ---- Addresses: what is chosen and filtered is in the URL ----

/** A link to this page with some parameters of its address set to others. */
function linkTo(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return `${BASE}/${query.size > 0 ? `?${query}` : ""}`;
}

function goTo(href) {
  if (href !== location.pathname + location.search) history.pushState(null, "", href);
  route();
}

function route() {
  showViews();
  openJob(new URLSearchParams(location.search).get("job"));
  for (const row of jobRows.children) markRow(row);
  jobRows.dataset.isNew = "yes";
  refresh();
}

addEventListener("popstate", route);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-here]");
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  goTo(link.getAttribute("href"));
});

function showViews() {
  const query = new URLSearchParams(location.search);
  const chosen = [...query].filter(([name]) => name === "phase" || name === "state");
  const now = new URLSearchParams(chosen).toString();
  put(
    el("views"),
    ...VIEWS.map(([name, view]) => {
      const next = new URLSearchParams(location.search);
      next.delete("phase");
      next.delete("state");
      for (const [key, value] of new URLSearchParams(view)) next.append(key, value);
      const href = `${BASE}/${next.size > 0 ? `?${next}` : ""}`;
      return h("a", { href, "data-here": true, "aria-current": now === view && "page" }, name);
    }),
  );
  const filters = FILTERS.slice(2).filter((name) => query.has(name));
  put(
    el("filters"),
    ...filters.map((name) => {
      const label = `${name} ${query.getAll(name).join(" or ")}`;
      const href = linkTo({ [name]: null });
      const remove = h("a", { href, "data-here": true, "aria-label": shown(`Remove the filter ${label}`) }, "×");
      return h("li", {}, label, " ", remove);
    }),
  );
  el("filters").hidden = filters.length === 0;
  el("brand").href = `${BASE}/`;
}

// ---- The jobs ----

const jobRows = el("jobs").tBodies[0];
let latest = { items: [], next: null };

function showJobs(jobs) {
  latest = jobs;
  const isFresh = jobRows.dataset.isNew === "yes" || jobRows.children.length === 0;
  jobRows.dataset.isNew = "no";
  mergeJobs(isFresh || !isReading());
  el("more").hidden = jobs.next === null;
  el("jobs").hidden = jobs.items.length === 0;
  showEmpty();
}

/** Whether somebody points at the list or works in it: then no row may move. */
function isReading() {
  return jobRows.matches(":hover") || jobRows.contains(document.activeElement);
}

/** Brings rows up to date; only if `isMoving`, rows come and go. */
function mergeJobs(isMoving) {
  const known = new Map([...jobRows.children].map((row) => [row.dataset.id, row]));
  const ids = new Set(latest.items.map(({ id }) => id));
  const gone = [...known.keys()].filter((id) => !ids.has(id));
  const fresh = latest.items.filter(({ id }) => !known.has(id));
  if (isMoving) for (const id of gone) known.get(id).remove();
  let place = jobRows.firstElementChild;
  for (const job of latest.items) {
    const row = known.get(job.id);
    if (row) {
      syncRow(row, jobRow(job));
      if (row === place) place = place.nextElementSibling;
    } else if (isMoving) jobRows.insertBefore(jobRow(job), place);
  }
  const isHeld = !isMoving && (fresh.length > 0 || gone.length > 0);
  el("held").hidden = !isHeld;
  if (isHeld) say("merge", `Show ${fresh.length} new, ${gone.length} gone`);
}

el("merge").addEventListener("click", () => mergeJobs(true));

function syncRow(row, fresh) {
  for (const [index, cell] of [...fresh.children].entries()) {
    const old = row.children[index];
    if (!old.isEqualNode(cell)) old.replaceWith(cell);
  }
  row.className = fresh.className;
}

function jobRow(job) {
  const state = stateOf(job);
  const href = linkTo({ job: job.id });
  const owner = job.owner === null ? "" : job.owner;
  const row = h(
    "tr",
    { role: "row", "data-id": job.id, class: state },
    cell("state", badge(state)),
    cell("name", h("a", { href, "data-here": true }, job.kind), h("span", { class: "mono id" }, job.id.slice(-6))),
    cell("owner", owner, job.owners > 1 ? h("span", { class: "dim" }, ` +${job.owners - 1}`) : null),
    cell("queue", job.queue),
    cell("priority number", String(job.priority)),
    cell("news", ...newsOf(job)),
    cell("worker", job.worker ?? ""),
    cell("age number", span(since(job.createdAt))),
  );
  markRow(row);
  return row;
}

function cell(name, ...children) {
  return h("td", { role: "cell", class: name }, ...children);
}

function markRow(row) {
  const isChosen = row.dataset.id === chosen;
  row.toggleAttribute("data-chosen", isChosen);
  const link = row.querySelector("a");
  if (isChosen) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
}

jobRows.addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  const isText = getSelection()?.isCollapsed === false;
  if (row !== null && !isText && event.target.closest("a") === null) goTo(linkTo({ job: row.dataset.id }));
});

/** The one word for where a job stands: its phase, or how it ended. */
function stateOf({ state, phase, error }) {
  return phase ?? (state === "rejected" ? error?.reason ?? "failed" : state);
}

/** What is worth knowing of a job now: how far it is, why it waits, how it ended. */
function newsOf(job) {
  if (job.state === "rejected") return [h("span", { class: "text" }, cut(job.error?.message ?? "", 200))];
  if (job.state === "fulfilled") return [h("span", { class: "dim" }, resultText(job))];
  if (job.phase !== "running") {
    const ahead = job.position > 0 ? ` (${job.position} ahead)` : "";
    return [h("span", { class: "text" }, `${job.waitingFor ?? "Its turn comes"}${ahead}`)];
  }
  const { fraction, message } = job.progress ?? {};
  const percent = fraction === undefined ? null : `${Math.floor(fraction * 100)} %`;
  const items = job.items > 0 ? many(job.items, "item") : "";
  return [
    fraction === undefined ? null : h("progress", { max: 1, value: fraction, "aria-label": "Progress" }),
    h("span", { class: "dim" }, [percent, message ?? items].filter(Boolean).join(" · ") || "Computing"),
  ];
}

function resultText({ result, items, startedAt, settledAt }) {
  const size = result === null ? "" : bytes(result.bytes);
  const what = items > 0 ? many(items, "item") : result?.type ?? "";
  const took = startedAt === null ? "" : `in ${span(Date.parse(settledAt) - Date.parse(startedAt))}`;
  return [what, size, took].filter((text) => text !== "").join(" · ");
}

function showEmpty() {
  const empty = el("empty");
  empty.hidden = latest.items.length > 0;
  if (!empty.hidden) put(empty, ...emptyNodes());
}

function emptyNodes() {
  const query = new URLSearchParams(location.search);
  if (FILTERS.some((name) => query.has(name))) {
    return [
      h("p", {}, "No job is like this."),
      h("p", {}, h("a", { href: `${BASE}/`, "data-here": true }, "Show all jobs")),
    ];
  }
  const address = location.origin + BASE;
  const [kind] = kinds;
  if (kind === undefined) {
    return [
      h("p", {}, "No job yet, and no kind of job: a worker brings the kinds that it can compute."),
      h("pre", { tabindex: 0 }, `hearty work FILE --server ${address}`),
    ];
  }
  const input = JSON.stringify(sampleOf(kind.input)).replaceAll("'", "'\\''");
  const token = session.auth === "none" ? "" : " \\\n  -H \"Authorization: Bearer $HEARTY_TOKEN\"";
  const type = "-H 'Content-Type: application/json'";
  return [
    h("p", {}, "No job yet. This posts one:"),
    h("pre", { tabindex: 0 }, `curl ${address}/jobs/${kind.kind} \\\n  ${type}${token} \\\n  -d '${input}'`),
  ];
}

/** The least input that a schema may take: what is required, with its example, default or plainest value. */
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

// ---- Workers, kinds, and the load in one line ----

function showWorkers(workers) {
  el("workers-panel").hidden = workers === null;
  if (workers === null) return;
  el("workers").hidden = workers.length === 0;
  el("no-workers").hidden = workers.length > 0;
  say("no-workers", `No worker is connected. Start one: hearty work FILE --server ${location.origin}${BASE}`);
  put(
    el("workers").tBodies[0],
    ...workers.map((worker) => {
      const href = linkTo({ worker: worker.name, job: null });
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, h("a", { href, "data-here": true }, worker.name), " ", h("span", { class: "dim" }, worker.address)),
        h("td", {}, badge(worker.state)),
        h("td", {}, h("meter", { max: worker.concurrency, value: worker.busy, "aria-hidden": "true" }), ` ${worker.busy} of ${worker.concurrency}`),
        h("td", { class: "text" }, cut(worker.kinds.map((kind) => kind.kind ?? kind).join(", "), 200)),
        h("td", { class: "number" }, short.format(worker.done)),
        h("td", { class: "number" }, short.format(worker.failed)),
        h("td", { class: "number" }, short.format(worker.lost)),
      );
    }),
  );
}

function showKinds() {
  el("kinds").hidden = kinds.length === 0;
  el("no-kinds").hidden = kinds.length > 0;
  put(
    el("kinds").tBodies[0],
    ...kinds.map(({ kind, description, workers, paused }) => {
      const href = linkTo({ kind, job: null });
      const name = h("a", { href, "data-here": true }, kind);
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, name, paused ? h("span", { class: "dim" }, " paused") : null),
        h("td", { class: "text" }, cut(description ?? "", 300)),
        h("td", { class: workers === 0 ? "number none" : "number" }, workers === 0 ? "none" : String(workers)),
      );
    }),
  );
}

function showLoad(jobs, workers) {
  const running = workers === null
    ? jobs.filter(({ phase }) => phase === "running").length
    : workers.reduce((sum, { busy }) => sum + busy, 0);
  const slots = workers?.reduce((sum, { concurrency }) => sum + concurrency, 0);
  say("load", workers === null ? `${running} running` : `${many(workers.length, "worker")} · ${running} of ${many(slots, "slot")} busy`);
  document.title = `${running} running – Hearty`;
}

// ---- One job ----

/** The id of the job that is shown; null: none is. */
let chosen = null;
let stream = null;
/** The item of `GET /jobs/{id}`, as far as the caller may see it. */
let details = null;

function openJob(id) {
  if (id === chosen) return;
  stream?.pause();
  stream = null;
  details = null;
  chosen = id;
  el("job").hidden = id === null;
  el("board").classList.toggle("with-job", id !== null);
  if (id === null) return;
  say("job-title", "");
  say("job-id", id);
  el("job-state").replaceChildren();
  el("job-gone").hidden = true;
  el("job-body").hidden = true;
  el("job-close").href = linkTo({ job: null });
  el("input").open = false;
  say("input-text", "");
  // On a narrow screen the job takes the place of the list.
  if (el("job").getBoundingClientRect().top < 0) el("job").scrollIntoView();
}

el("job-close").setAttribute("data-here", "");
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null && !el("ask").open) goTo(linkTo({ job: null }));
});

/** Reads the chosen job. */
async function refreshJob() {
  const id = chosen;
  if (id === null || (details !== null && details.state !== "pending" && stream?.isOver)) return;
  try {
    const [document, item] = await Promise.all([
      read(`/promises/${encodeURIComponent(id)}`),
      // Who may read a promise need not be among those who see it on the board.
      read(`/jobs/${encodeURIComponent(id)}`).catch(() => null),
    ]);
    if (id !== chosen) return;
    details = { ...document, ...item, links: document.links };
    if (stream === null) {
      stream = new Stream(document);
      stream.resume();
    }
    showJob();
  } catch (error) {
    if (id !== chosen || (error.status !== 404 && error.status !== 400)) throw error;
    say("job-title", "Unknown job");
    say("job-gone", details === null
      ? "There is no such job: it never existed, or its time to be kept is over, or it is not yours to see."
      : "Its time to be kept is over. What was read of it stays here until you leave.");
    el("job-gone").hidden = false;
    stream?.pause();
  }
}

function showJob() {
  const job = details;
  say("job-title", job.kind);
  put(el("job-state"), badge(stateOf(job)));
  el("job-body").hidden = false;
  put(el("job-news"), ...jobNews(job));
  showActions();
  put(el("facts"), ...factsOf(job).flatMap(([name, ...value]) => [h("dt", {}, name), h("dd", {}, ...value)]));
  say("document", JSON.stringify(job, null, 2));
  const link = (name, href) => h("a", { href, target: "_blank", rel: "noopener" }, name);
  put(
    el("links"),
    link("Promise", job.links.self),
    link("Result", job.links.result),
    link("Events", job.links.events),
    link("Input", job.links.input),
  );
}

function jobNews(job) {
  if (job.state === "fulfilled") return [];
  if (job.state === "rejected") {
    const { name, message, retryable } = job.error;
    return [h("p", { class: "fault" }, h("strong", {}, name), " ", message), retryable ? null : h("p", { class: "dim" }, "The same input will fail again.")];
  }
  return [h("p", {}, ...newsOf(job))];
}

function factsOf(job) {
  const at = (time) => [h("time", { datetime: time, title: time }, fullTime.format(new Date(time)))];
  const rows = [
    ["Attempt", job.attempt === 0 ? `none yet, at most ${job.attempts}` : `${job.attempt} of at most ${job.attempts}`],
    ["Worker", job.worker ?? "–"],
    ["Priority", String(job.priority)],
    ["Queue", job.queue],
    ["Wanted by", ...wantedBy(job)],
    ["Created", ...at(job.createdAt)],
  ];
  if (job.startedAt !== null) rows.push(["Started", ...at(job.startedAt)]);
  if (job.settledAt !== null) rows.push(["Settled", ...at(job.settledAt)]);
  if (job.expiresAt !== null) rows.push(["Kept until", ...at(job.expiresAt)]);
  rows.push(["Input", `${job.input.type}, ${bytes(job.input.bytes)}`]);
  if (job.result !== null) rows.push(["Result", `${job.result.type}, ${bytes(job.result.bytes)}`]);
  if (job.tags.length > 0) rows.push(["Tags", job.tags.join(", ")]);
  rows.push(["Key", h("span", { class: "mono" }, job.key)]);
  for (const { attempt, worker, outcome, error } of job.history ?? []) {
    rows.push([`Attempt ${attempt}`, `${outcome} at ${worker}${error === null ? "" : `: ${cut(error, 300)}`}`]);
  }
  return rows;
}

function wantedBy({ interests, owners }) {
  if (!interests || interests.length === 0) return [many(owners, "owner")];
  const texts = interests.map(({ owner, queue, priority }) => `${owner} (${queue}, ${priority})`);
  const hidden = owners - new Set(interests.map(({ owner }) => owner)).size;
  return [texts.join(", ") + (hidden > 0 ? ` and ${many(hidden, "other")}` : "")];
}

el("input").addEventListener("toggle", async () => {
  const job = details;
  if (!el("input").open || job === null) return;
  try {
    const response = await ask(`/promises/${job.id}/input`);
    const text = job.input.bytes <= TEXT_MAX && isText(job.input.type) ? await response.text() : null;
    say("input-text", text === null ? `${job.input.type}, ${bytes(job.input.bytes)}: open it by the link below` : pretty(text));
  } catch (error) {
    say("input-text", `${error.title} ${error.message}`);
  }
});

function isText(type) {
  return /^text\/|json/.test(type);
}

/** JSON on many lines, unless that would change its numbers. */
function pretty(text) {
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text.replaceAll(/\s/g, "") ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text; // It is something else.
  }
}

// ---- Acting on a job ----

function showActions() {
  const { state, interests = [] } = details;
  const owners = [...new Set(interests.map(({ owner }) => owner))];
  const isMine = may("client") && owners.includes(session.owner);
  const isShared = details.owners > 1;
  const buttons = [];
  if (state === "pending" && isMine) buttons.push(button(isShared ? "Withdraw" : "Cancel", "own"));
  if (state === "pending" && may("admin") && owners.length > 0 && (isShared || !isMine)) {
    buttons.push(button(isShared ? "Cancel for all" : `Cancel for ${owners[0]}`, "all"));
  }
  put(el("job-actions"), ...buttons);
  el("job-actions").hidden = buttons.length === 0;
}

function button(text, scope) {
  return h("button", { type: "button", class: "danger", "data-scope": scope }, text);
}

el("job-actions").addEventListener("click", async (event) => {
  const pressed = event.target.closest("button");
  if (pressed === null) return;
  const { id, kind, owners, startedAt, interests } = details;
  const isForAll = pressed.dataset.scope === "all";
  const names = [...new Set(interests.map(({ owner }) => owner))];
  const isStopping = isForAll || owners === 1;
  const lost = startedAt === null ? "It has not started." : `It has run for ${span(since(startedAt))}, which will be lost.`;
  const rest = many(owners - 1, "other owner");
  const isAgreed = await agree({
    title: `${isStopping ? "Cancel" : "Withdraw from"} ${kind}?`,
    text: isStopping ? `Wanted by ${names.join(", ")}. ${lost}` : `It goes on for ${rest}.`,
    yes: pressed.textContent,
  });
  pressed.focus();
  if (!isAgreed) return;
  pressed.disabled = true;
  try {
    for (const owner of isForAll ? names : [session.owner]) {
      const query = new URLSearchParams({ owner, reason: "withdrawn in the dashboard" });
      await ask(`/promises/${id}?${query}`, { method: "DELETE" });
    }
    announce(isStopping ? `Cancelled ${kind} ${id.slice(-6)}` : `Withdrew from ${kind} ${id.slice(-6)}`);
  } catch (error) {
    announce(`${error.title}. ${error.message}`);
  }
  pressed.disabled = false;
  refresh();
});

/** Asks somebody who can still turn back. */
function agree({ title, text, yes }) {
  say("ask-title", title);
  say("ask-text", text);
  say("ask-yes", yes);
  const dialog = el("ask");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

// ---- A job's stream ----

/** The items of one job, as they come, each once; the connection is taken up again where it broke. */
class Stream {
  isOver = false;
  #id;
  #next;
  #source = null;
  #retryTimer = 0;
  #failures = 0;
  #waiting = [];
  #frame = 0;
  #plot = new Plot();

  constructor({ id, items }) {
    this.#id = id;
    this.#next = Math.max(0, items - POINTS_MAX);
    el("items").replaceChildren();
    el("items").hidden = true;
    el("value").replaceChildren();
    this.#note(this.#next > 0 ? `Items before ${short.format(this.#next)} are left out here; the link to the result has all.` : "");
    say("stream-state", "");
  }

  resume() {
    if (this.isOver || this.#source !== null || document.hidden) return;
    const source = new EventSource(`${BASE}/promises/${this.#id}/events?from=${this.#next}`);
    this.#source = source;
    const on = (type, act) => source.addEventListener(type, (event) => act(JSON.parse(event.data)));
    source.addEventListener("open", () => {
      this.#failures = 0;
      say("stream-state", "Waiting for items");
    });
    on("status", (document) => {
      if (details?.id === document.id) {
        details = { ...details, ...document };
        showJob();
      }
    });
    on("item", (record) => this.#take(record));
    on("fulfilled", (end) => this.#end(end));
    on("rejected", (end) => this.#end(end));
    source.addEventListener("error", () => this.#broken());
  }

  pause() {
    clearTimeout(this.#retryTimer);
    this.#source?.close();
    this.#source = null;
  }

  /** A browser comes back by itself after a break, but not after an answer that is no stream. */
  #broken() {
    if (this.isOver || this.#source === null) return;
    say("stream-state", "Connecting again");
    if (this.#source.readyState !== EventSource.CLOSED) return;
    this.pause();
    const pause = Math.min(1_000 * 2 ** this.#failures++, READ_MS_MAX);
    this.#retryTimer = setTimeout(() => this.resume(), pause);
  }

  #take(record) {
    if (record.seq < this.#next) return;
    this.#next = record.seq + 1;
    this.#plot.add(record.seq, record.value);
    this.#waiting.push(record);
    if (this.#waiting.length > ITEMS_SHOWN_MAX) this.#waiting.shift();
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const list = el("items");
    list.hidden = false;
    list.prepend(...this.#waiting.reverse().map(itemNode));
    this.#waiting = [];
    while (list.children.length > ITEMS_SHOWN_MAX) list.lastElementChild.remove();
    if (this.#next > ITEMS_SHOWN_MAX) {
      this.#note(`The newest ${ITEMS_SHOWN_MAX} of ${short.format(this.#next)} items; the link to the result has all.`);
    }
    if (!this.isOver) say("stream-state", many(this.#next, "item"));
    this.#plot.draw();
  }

  #end(end) {
    this.isOver = true;
    this.pause();
    if (this.#waiting.length > 0) this.#draw();
    const isValue = "result" in end || "link" in end;
    const word = end.end === "fulfilled" ? "Complete" : `Ended: ${end.error.message}`;
    say("stream-state", isValue ? "One value" : `${word}, ${many(end.items, "item")}`);
    if (isValue) el("value").replaceChildren(valueNode(end));
    refresh();
  }

  #note(text) {
    say("items-note", text);
    el("items-note").hidden = text === "";
  }
}

function itemNode(record) {
  const { seq, value, type, base64, error, items, promise } = record;
  let text;
  if (error !== undefined) text = `${error.name}: ${error.message}`;
  else if (base64 !== undefined) text = `${type}, ${bytes(Math.floor(base64.length * 0.75))}`;
  else if (items !== undefined) text = many(items, "item");
  else text = JSON.stringify(value);
  return h(
    "li",
    { class: error === undefined ? null : "fault" },
    h("span", { class: "seq" }, String(seq)),
    h("code", {}, cut(text, ITEM_TEXT_MAX)),
    promise ? h("a", { href: linkTo({ job: promise }), "data-here": true }, "job") : null,
  );
}

/** One value: as a picture, as text, or by a link. */
function valueNode(end) {
  if ("result" in end) return h("pre", { tabindex: 0 }, cut(JSON.stringify(end.result, null, 2), TEXT_MAX));
  const type = details?.result?.type ?? "";
  if (/^image\/(?:png|jpeg|gif|webp|avif|svg\+xml)$/.test(type)) {
    // A picture cannot act: a browser runs no script of one that is shown in this way.
    return h("img", { src: end.link, alt: shown(`The result of ${details.kind}`) });
  }
  return h("p", {}, h("a", { href: end.link, target: "_blank", rel: "noopener" }, `Open the result${type === "" ? "" : ` (${type})`}`));
}

// ---- A plot of one number of the items ----

class Plot {
  #points = [];
  #fields = new Set();
  #field = null;

  constructor() {
    el("plot").hidden = true;
    el("plot-field").replaceChildren();
    el("plot-field").onchange = (event) => {
      this.#field = event.target.value;
      this.draw();
    };
  }

  add(seq, value) {
    const numbers = numbersOf(value);
    if (Object.keys(numbers).length === 0) return;
    for (const name of Object.keys(numbers)) this.#fields.add(name);
    this.#points.push({ seq, numbers });
    // Every second point tells the same story.
    if (this.#points.length > POINTS_MAX) this.#points = this.#points.filter((_, index) => index % 2 === 1);
  }

  draw() {
    if (this.#points.length < 2) return;
    this.#offerFields();
    const name = this.#field;
    const points = this.#points.filter(({ numbers }) => name in numbers);
    if (points.length < 2) return;
    const isBanded = PREFERRED.includes(name) && points.every(({ numbers }) => "low" in numbers && "high" in numbers);
    const values = points.flatMap(({ numbers }) => isBanded ? [numbers.low, numbers.high] : [numbers[name]]);
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    const [first, last] = [points[0], points.at(-1)];
    const x = (seq) => (600 * (seq - first.seq) / (last.seq - first.seq)).toFixed(1);
    const y = (value) => (high === low ? 80 : 156 - 152 * (value - low) / (high - low)).toFixed(1);
    const at = (key) => points.map(({ seq, numbers }) => `${x(seq)},${y(numbers[key])}`);
    const picture = el("plot-picture");
    picture.querySelector(".band").setAttribute("points", isBanded ? [...at("low"), ...at("high").reverse()].join(" ") : "");
    picture.querySelector(".line").setAttribute("points", at(name).join(" "));
    picture.querySelector(".dot").setAttribute("d", `M${x(last.seq)} ${y(last.numbers[name])}h0`);
    say("plot-last", short.format(last.numbers[name]));
    say("plot-high", short.format(high));
    say("plot-low", short.format(low));
    say("plot-first", `item ${first.seq}`);
    say("plot-end", `item ${last.seq}`);
    const band = isBanded ? ", the band from low to high" : "";
    say("plot-summary", `${name} of items ${first.seq} to ${last.seq}: from ${short.format(low)} to ${short.format(high)}, last ${short.format(last.numbers[name])}${band}`);
    el("plot").hidden = false;
  }

  #offerFields() {
    const select = el("plot-field");
    if (select.options.length === this.#fields.size) return;
    const names = [...this.#fields];
    this.#field ??= PREFERRED.find((name) => names.includes(name)) ?? names.find((name) => !COUNTERS.includes(name)) ?? names[0];
    select.replaceChildren(...names.map((name) => {
      // The value is the name as it is, the label as it may be seen.
      return h("option", { value: name, selected: name === this.#field }, name);
    }));
  }
}

const PREFERRED = ["price", "value", "mean", "estimate", "result"];
/** Fields that number the items: they make dull pictures. */
const COUNTERS = ["paths", "seq", "index", "n", "i", "step", "count"];
const FIELDS_MAX = 12;

function numbersOf(value) {
  if (Number.isFinite(value)) return { value };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([, number]) => Number.isFinite(number)).slice(0, FIELDS_MAX));
}

el("retry").addEventListener("click", () => {
  failures = 0;
  refresh();
});
route();
