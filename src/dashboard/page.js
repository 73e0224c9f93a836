// The dashboard: who looks, and keeping what is shown up to date.

import { filterQuery, goTo, linkTo, onArrival, openId, showFilters } from "./address.js";
import { ask, BASE, Problem, read } from "./api.js";
import { showEmpty, showKinds, showLoad, showWorkers } from "./board.js";
import { el, say } from "./elements.js";
import { clockTime } from "./figures.js";
import { openJob, pauseJob, refreshJob, resumeJob } from "./job.js";
import { markOpen, showJobs } from "./jobs.js";

/** Between two readings, in ms; after failures it doubles, up to the second. */
const READ_MS = 2_000;
const READ_MS_MAX = 30_000;
const JOBS_MAX = 50;

/** Who looks: `{owner, roles, auth}`; null: not known, or nobody yet. */
let session = null;
let reading = null;
let isOutdated = false;
let timer = 0;
let failures = 0;
let lastGoodAt = null;

/** Reads all that is shown, now or, if a reading is under way, after it; the next follows by itself. */
function refresh() {
  if (reading !== null) {
    isOutdated = true;
    return reading.then(() => reading);
  }
  isOutdated = false;
  reading = readAll().finally(() => {
    reading = null;
    if (isOutdated) refresh();
    else if (!document.hidden && el("login").hidden) {
      timer = setTimeout(refresh, Math.min(READ_MS * 2 ** Math.min(failures, 8), READ_MS_MAX));
    }
  });
  return reading;
}

async function readAll() {
  clearTimeout(timer);
  try {
    session ??= await read("/session");
    showSession();
    const query = filterQuery();
    const isSeeing = session.roles.includes("viewer");
    const [jobs, kinds, workers] = await Promise.all([
      read(`/jobs?limit=${JOBS_MAX}&${query}`),
      read("/kinds"),
      isSeeing ? read("/workers") : null,
      refreshJob({ session, refresh }),
    ]);
    if (query !== filterQuery()) return;
    showJobs(jobs);
    showEmpty(jobs.items, kinds.items, session);
    showKinds(kinds.items);
    showWorkers(workers?.items ?? null);
    showLoad(jobs.items, workers?.items ?? null);
    showGood();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401) showLogin();
    else showBad(error);
  }
}

function showGood() {
  failures = 0;
  lastGoodAt = new Date();
  showPulse("live", "Live");
  el("trouble").hidden = true;
  document.body.classList.remove("stale");
}

function showBad({ title, message }) {
  failures++;
  showPulse("off", lastGoodAt === null ? "Offline" : `Stale since ${clockTime(lastGoodAt)}`);
  document.body.classList.add("stale");
  say("trouble-title", title);
  say("trouble-detail", message);
  el("trouble").hidden = false;
}

function showPulse(state, text) {
  el("pulse").dataset.pulse = state;
  say("pulse", text);
}

el("retry").addEventListener("click", () => {
  failures = 0;
  refresh();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    clearTimeout(timer);
    if (session !== null) showPulse("off", "Paused");
    pauseJob();
  } else {
    refresh();
    resumeJob();
  }
});

function showSession() {
  el("login").hidden = true;
  el("board").hidden = false;
  el("who").hidden = session.auth === "none";
  el("open-door").hidden = session.auth !== "none";
  say("who-name", `${session.owner} (${session.roles.join(", ")})`);
}

function showLogin() {
  session = null;
  pauseJob();
  for (const id of ["board", "trouble", "who", "open-door"]) el(id).hidden = true;
  el("login").hidden = false;
  document.title = "Log in – Hearty";
  showPulse("off", "Not logged in");
  say("load", "");
  el("token").focus();
}

el("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = el("token");
  try {
    const body = new URLSearchParams({ token: token.value });
    session = await (await ask("/session", { method: "POST", body })).json();
  } catch ({ status, title, message }) {
    say("login-fault", status === 401 ? "This token is not known" : `${title}: ${message}`);
    token.setAttribute("aria-invalid", "true");
    return token.focus();
  }
  // What somebody else may have seen before is not for whoever looks now.
  if (lastGoodAt !== null) return location.reload();
  token.value = "";
  token.removeAttribute("aria-invalid");
  say("login-fault", "");
  showSession();
  el("main").focus();
  refresh();
});

el("logout").addEventListener("click", () => {
  ask("/session", { method: "DELETE" }).then(() => location.reload(), showBad);
});

addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && openId() !== null && !el("ask").open) goTo(linkTo({ job: null }));
});

function arrive() {
  showFilters();
  openJob();
  markOpen();
  refresh();
}

el("brand").setAttribute("href", `${BASE}/`);
onArrival(arrive);
arrive();
