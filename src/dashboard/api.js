// Asking the server, with the rights of whoever looks.

import { learnTime } from "./figures.js";

/** The path below which the server is: empty, or without a slash at its end. */
export const BASE = document.documentElement.dataset.base;
/** A request that takes longer has failed, in ms. */
const TIMEOUT_MS = 10_000;

/** A request that was refused or failed, in the words of the server. `status` 0: there was no answer. */
export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

/** The answer to a request. Throws a Problem if it is not a good one. */
export async function ask(path, options = {}) {
  const response = await fetch(BASE + path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) })
    // The browser does not tell a page why.
    .catch(() => {
      throw new Problem(0, "The server does not answer", "What is shown here may be out of date");
    });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const title = problem.title ?? `The server answered with ${response.status}`;
  throw new Problem(response.status, title, problem.detail ?? "");
}

/** What JSON the server answers with. */
export async function read(path) {
  const response = await ask(path);
  learnTime(response);
  return await response.json();
}
