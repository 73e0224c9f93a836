// A generator of load: four owners with habits of their own post jobs of the desk, at a bounded rate, until they
// are told to stop. So a new server has something to show: jobs that are shared, a burst that must not hold up the
// others, work that is cancelled. What each owner asks for stands in habits.ts.

import { HABITS, type Post } from "./habits.ts";

/** What the generator needs; time and chance come from outside, so that a test can repeat a run. */
export interface LoadOptions {
  /** Where the server answers, its base path included. */
  readonly url: string;
  /** Stops it. */
  readonly signal: AbortSignal;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Mean number of jobs posted in a second. Default 2. */
  readonly jobsPerSecond?: number;
  /** Sends a request. Default: the platform's `fetch`. */
  readonly send?: (request: Request) => Promise<Response>;
  /** Hears of each request that was refused or failed. Default: nobody. */
  readonly onTrouble?: (message: string) => void;
}

/** What was done, in requests. */
export interface LoadCounts {
  readonly posted: number;
  readonly cancelled: number;
  /** Answered with an error. */
  readonly refused: number;
  /** Not answered. */
  readonly failed: number;
}

/** So many jobs may wait before the generator does. */
const QUEUED_MAX = 4;
/** How long to wait after a refusal that does not say, and at first after a failure. */
const PAUSE_MS = 1_000;
/** The longest wait after failures in a row. */
const PAUSE_MS_MAX = 30_000;

/** Posts until the signal aborts, one request at a time; survives a server that refuses or is away. */
export async function generateLoad(options: LoadOptions): Promise<LoadCounts> {
  const { signal, random, sleep, jobsPerSecond = 2 } = options;
  const load = new Load(options);
  for (let turn = 0; !signal.aborted; turn++) {
    await load.cancelDue(turn);
    await load.untilTaken();
    if (signal.aborted) break;
    const posts = nextPosts(turn, random);
    for (const post of posts) await load.post(post, turn);
    // The pauses of a Poisson process: now a few at once, now none for a while, as people are.
    const pauses = -Math.log(1 - random()) * posts.length;
    await sleep((pauses * 1_000) / jobsPerSecond, signal);
  }
  return load.counts;
}

/** What the next owner posts; each one's turn comes as often as its share of all shares says. */
function nextPosts(turn: number, random: () => number): readonly Post[] {
  const shares = HABITS.reduce((sum, habit) => sum + habit.share, 0);
  let place = random() * shares;
  const habit = HABITS.find(({ share }) => (place -= share) < 0) ?? HABITS[0]!;
  return habit.next(turn, random);
}

/** The requests and what came of them. */
class Load {
  readonly counts = { posted: 0, cancelled: 0, refused: 0, failed: 0 };
  readonly #options: LoadOptions;
  readonly #base: URL;
  /** Promises to be cancelled, with the turn when. */
  readonly #regrets: { readonly turn: number; readonly promise: URL }[] = [];
  #failuresInARow = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#base = new URL(options.url.replace(/\/*$/, "/"));
  }

  /** Posts a job; one that will be regretted is remembered. */
  async post(post: Post, turn: number): Promise<void> {
    const url = new URL(`jobs/${post.kind}`, this.#base);
    url.search = new URLSearchParams({ owner: post.owner, ...post.options }).toString();
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(post.input);
    const answer = await this.#send(new Request(url, { method: "POST", headers, body }));
    if (!answer?.ok) return;
    this.counts.posted++;
    const location = answer.headers.get("location");
    if (post.regretAfter === null || location === null) return;
    const promise = new URL(location, this.#base);
    promise.searchParams.set("owner", post.owner);
    this.#regrets.push({ turn: turn + post.regretAfter, promise });
  }

  /** Waits while the workers are behind: a line that only grows shows nothing. */
  async untilTaken(): Promise<void> {
    while (!this.#options.signal.aborted && await this.#isBehind()) await this.#sleep(PAUSE_MS);
  }

  async #isBehind(): Promise<boolean> {
    const { signal, send = globalThis.fetch } = this.#options;
    const url = new URL(`jobs?phase=queued&limit=${QUEUED_MAX}`, this.#base);
    try {
      const answer = await send(new Request(url, { signal }));
      const { items } = await answer.json() as { readonly items?: readonly unknown[] };
      return items?.length === QUEUED_MAX;
    } catch {
      return false; // What is wrong is told by the post that follows.
    }
  }

  /** Withdraws what its owner no longer wants. */
  async cancelDue(turn: number): Promise<void> {
    const due = this.#regrets.findIndex((regret) => regret.turn <= turn);
    if (due < 0) return;
    const [regret] = this.#regrets.splice(due, 1);
    const answer = await this.#send(new Request(regret!.promise, { method: "DELETE" }));
    if (answer?.ok) this.counts.cancelled++;
  }

  /** The answer, or null if there was none. Waits as long as a refusal asks for, longer and longer after failures. */
  async #send(request: Request): Promise<Response | null> {
    const { signal, send = globalThis.fetch } = this.#options;
    try {
      const answer = await send(new Request(request, { signal }));
      await answer.arrayBuffer(); // read to its end, so that the connection can be used again
      this.#failuresInARow = 0;
      if (!answer.ok) await this.#refused(request, answer);
      return answer;
    } catch (error) {
      if (!signal.aborted) await this.#failed(request, error);
      return null;
    }
  }

  async #refused(request: Request, answer: Response): Promise<void> {
    this.counts.refused++;
    this.#trouble(request, `answered with ${answer.status}`);
    const seconds = Number(answer.headers.get("retry-after"));
    const mustWait = answer.status === 429 || answer.status === 503;
    if (mustWait) await this.#sleep(seconds > 0 ? seconds * 1_000 : PAUSE_MS);
  }

  async #failed(request: Request, error: unknown): Promise<void> {
    this.counts.failed++;
    this.#trouble(request, error instanceof Error ? error.message : String(error));
    await this.#sleep(Math.min(PAUSE_MS * 2 ** this.#failuresInARow++, PAUSE_MS_MAX));
  }

  #trouble(request: Request, what: string): void {
    this.#options.onTrouble?.(`Cannot ${request.method} ${new URL(request.url).pathname}: ${what}`);
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.sleep(ms, this.#options.signal);
  }
}
