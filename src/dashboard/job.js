// One job: its document, what may be done with it, and its stream.

import { linkTo, openId } from "./address.js";
import { ask, read } from "./api.js";
import { badge, el, h, outside, put, say } from "./elements.js";
import { age, bytes, cut, fullTime, many } from "./figures.js";
import { newsOf, rowLink, stateOf } from "./jobs.js";
import { Stream } from "./stream.js";

const INPUT_TEXT_MAX = 64 * 1024;

/** The id of the job that is shown; null: none is. */
let shownId = null;
/** What is known of it; null: nothing yet. */
let job = null;
let stream = null;
/** Nothing of it will change any more, or it is gone. */
let isFinal = false;
/** An action is under way: no button may be pressed again. */
let isActing = false;
/** Who looks, and what to do after an action. */
let surroundings;

/** Shows the job of the address, if it has one. */
export function openJob() {
  const id = openId();
  if (id === shownId) return;
  const left = shownId;
  pauseJob();
  [shownId, job, stream, isFinal] = [id, null, null, false];
  el("job").hidden = id === null;
  el("board").classList.toggle("with-job", id !== null);
  // The focus goes where the eye goes, and back.
  if (id === null) return (rowLink(left) ?? el("main")).focus();
  say("job-title", "");
  say("job-id", id);
  put(el("job-state"));
  el("job-gone").hidden = true;
  el("job-body").hidden = true;
  el("input").open = false;
  el("job").focus({ preventScroll: true });
  el("job").scrollIntoView({ block: "nearest" });
}

/** Lets go of the stream, as long as nobody looks. */
export function pauseJob() {
  stream?.pause();
}

/** Takes the stream up again. */
export function resumeJob() {
  stream?.resume();
}

/** Reads the job again. */
export async function refreshJob(now) {
  surroundings = now;
  el("job-close").setAttribute("href", linkTo({ job: null }));
  const id = shownId;
  if (id === null || isFinal) return;
  try {
    const promise = await read(`/promises/${encodeURIComponent(id)}`);
    // Who may read a promise need not be among those who see it on the board.
    const item = await read(`/jobs/${promise.id}`).catch(() => ({}));
    if (id !== shownId) return;
    isFinal = promise.state !== "pending";
    job = { ...item, ...promise };
    showJob();
    stream ??= new Stream(promise, { hear, settled });
    stream.resume();
  } catch (error) {
    if (id !== shownId) return;
    if (error.status !== 404 && error.status !== 400) throw error;
    showGone();
  }
}

/** The stream tells how the job stands. */
function hear(status) {
  job = { ...job, ...status };
  showJob();
}

/** The stream tells that the job is settled, and asks how. */
async function settled() {
  if (!isFinal) await surroundings.refresh();
  return job;
}

function showGone() {
  isFinal = true;
  pauseJob();
  say("job-title", job?.kind ?? "Unknown job");
  const never = "There is none of this id: it never existed, has expired, or is not yours to see.";
  say("job-gone", job === null ? never : "The server has it no more; this is what was read of it.");
  el("job-gone").hidden = false;
  put(el("job-actions"));
}

function showJob() {
  say("job-title", job.kind);
  put(el("job-state"), badge(stateOf(job)));
  el("job-body").hidden = false;
  put(el("job-news"), ...newsNodes());
  put(el("job-actions"), ...buttons());
  put(el("facts"), ...facts().flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  say("document", JSON.stringify(job, null, 2));
  const { self, result, events, input } = job.links;
  put(
    el("links"),
    ...Object.entries({ Promise: self, Result: result, Events: events, Input: input })
      .map(([name, href]) => outside(href, name)),
  );
}

function newsNodes() {
  if (job.state !== "rejected") return [h("p", {}, ...newsOf(job))];
  const { reason, name, message, retryable } = job.error;
  if (reason === "cancelled") return [h("p", {}, message)];
  return [
    h("p", { class: "fault" }, h("strong", {}, name), ` ${message}`),
    retryable ? null : h("p", { class: "dim" }, "The same input will fail again."),
  ];
}

function facts() {
  const tries = `${job.attempt === 0 ? "none," : job.attempt} of at most ${job.attempts}`;
  const rows = [
    ["Attempt", tries],
    ["Worker", job.worker],
    ["Priority", String(job.priority)],
    ["Queue", job.queue],
    ["Wanted by", wantedBy()],
    ["Created", time(job.createdAt)],
    ["Started", time(job.startedAt)],
    ["Settled", time(job.settledAt)],
    ["Kept until", time(job.expiresAt)],
    ["Input", `${job.input.type}, ${bytes(job.input.bytes)}`],
    ["Result", job.result && `${job.result.type}, ${bytes(job.result.bytes)}`],
    ["Tags", job.tags.join(", ")],
    ["Key", h("span", { class: "mono" }, job.key)],
    ...(job.history ?? []).map(({ attempt, worker, outcome, error }) => [
      `Attempt ${attempt}`,
      `${outcome} at ${worker}${error === null ? "" : `: ${cut(error, 300)}`}`,
    ]),
  ];
  return rows.filter(([, value]) => value !== null && value !== "");
}

function time(text) {
  return text && h("time", { datetime: text, title: text }, fullTime(new Date(text)));
}

function wantedBy() {
  const { interests = [], owners } = job;
  const known = interests.map(({ owner, queue, priority }) => `${owner} (${queue}, ${priority})`);
  const others = owners - ownersOf(interests).length;
  return [...known, ...(others > 0 ? [many(others, "other owner")] : [])].join(", ") || "nobody";
}

function ownersOf(interests) {
  return [...new Set(interests.map(({ owner }) => owner))];
}

el("input").addEventListener("toggle", async () => {
  if (!el("input").open || job === null) return;
  const { id, input: { type, bytes: size } } = job;
  const isText = /^text\/|json/.test(type) && size <= INPUT_TEXT_MAX;
  if (!isText) return say("input-text", `${type}, ${bytes(size)}: the link below has it`);
  const text = await ask(`/promises/${id}/input`).then((response) => response.text())
    .catch(({ title, message }) => `${title}: ${message}`);
  // Somebody may look at another job by now.
  if (job?.id === id) say("input-text", text);
});

/** What the caller may do: take its own interest back, or, as an administrator, everybody's. */
function buttons() {
  const { session } = surroundings;
  const owners = ownersOf(job.interests ?? []);
  if (job.state !== "pending" || !session.roles.includes("client")) return [];
  const isMine = owners.includes(session.owner);
  const isShared = job.owners > 1;
  const own = isMine ? [button(isShared ? "Withdraw" : "Cancel", "own")] : [];
  const isForAll = session.roles.includes("admin") && owners.length > 0 && (isShared || !isMine);
  return isForAll ? [...own, button(isShared ? "Cancel for all" : "Cancel", "all")] : own;
}

function button(text, scope) {
  const state = { type: "button", class: "danger", "data-scope": scope, disabled: isActing };
  return h("button", state, text);
}

el("job-actions").addEventListener("click", async ({ target }) => {
  const pressed = target.closest("button");
  if (pressed === null) return;
  const { id, kind, owners, startedAt, interests } = job;
  const isForAll = pressed.dataset.scope === "all";
  const names = ownersOf(interests);
  const isEnd = isForAll || owners === 1;
  const lost = startedAt === null
    ? "It has not started."
    : `What it has computed in ${age(startedAt)} is lost.`;
  const isAgreed = await agree({
    title: `${isEnd ? "Cancel" : "Withdraw from"} ${kind}?`,
    text: isEnd
      ? `Wanted by ${names.join(", ")}. ${lost}`
      : `It goes on for ${many(owners - 1, "other owner")}.`,
    yes: pressed.textContent,
  });
  if (!isAgreed) return;
  setActing(true);
  await withdraw(id, isForAll ? names : [surroundings.session.owner])
    .then(() => announce(`${isEnd ? "Cancelled" : "Withdrawn from"} ${kind} ${id.slice(-6)}`))
    .catch((error) => announce(`${error.title}. ${error.message}`));
  setActing(false);
  el("job").focus({ preventScroll: true });
  await surroundings.refresh();
});

function setActing(isNow) {
  isActing = isNow;
  put(el("job-actions"), ...buttons());
}

async function withdraw(id, owners) {
  for (const owner of owners) {
    const query = new URLSearchParams({ owner, reason: "withdrawn in the dashboard" });
    await ask(`/promises/${id}?${query}`, { method: "DELETE" });
  }
}

/** Asks somebody who can still turn back. */
function agree({ title, text, yes }) {
  say("ask-title", title);
  say("ask-text", text);
  say("ask-yes", yes);
  const dialog = el("ask");
  dialog.returnValue = "no";
  dialog.showModal();
  const { promise, resolve } = Promise.withResolvers();
  dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  return promise;
}

let silence = 0;

/** Tells the outcome of an action, on the page and to screen readers. */
function announce(text) {
  say("said", text);
  clearTimeout(silence);
  silence = setTimeout(() => say("said", ""), 8_000);
}
