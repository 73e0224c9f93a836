import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { createHearty, type HeartyOptions } from "../../src/hearty.ts";
import { tokenDoor } from "../../src/http/auth/tokens.ts";
import { defineJob, type JobContext } from "../../src/intake/define-job.ts";
import { runtime } from "../../src/runtime/detect.ts";
import { after, assert, before, test } from "../harness/test.ts";
import { sha256, tokensFile } from "../http/auth/served.ts";

const CHROMIUM = "/usr/bin/chromium";
const skip = existsSync(CHROMIUM) ? false : `no ${CHROMIUM}`;
if (skip !== false) console.log(`skipped: the page in a browser: ${skip}`);
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];
/** How long something may take to show, in ms. */
const PATIENCE_MS = 20_000;
/** What would run a script, if it became markup. */
const HOSTILE = `<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`;

let browser: Browser;
before(async () => {
  if (skip === false) {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
  }
});
after(() => browser?.close());

test("an empty page says how to post a job, and what it says brings a row", { skip }, async () => {
  await using desk = await opened();
  const command = await desk.page.locator("#empty pre").innerText();
  const [, url, body] = /^curl (\S+)[^]*-d '(.*)'$/.exec(command)!;
  assert.ok(url!.startsWith(`${desk.url}/jobs/`), command);
  const response = await fetch(url!, { method: "POST", headers: JSON_TYPE, body: body! });
  const { kind, id } = await response.json();
  const row = desk.page.locator(`tr[data-id="${id}"]`);
  await row.waitFor();
  assert.match(await row.innerText(), new RegExp(`${kind}[^]*anonymous`));
  assert.ok(await desk.page.locator("#empty").isHidden());
});

test("the page asks nobody else, and keeps to its own policy", { skip }, async () => {
  await using desk = await opened();
  const { page } = desk;
  const id = await desk.post("stream");
  await page.locator(`tr[data-id="${id}"] a`).click();
  for (const price of [1, 3, 2]) await desk.give({ price });
  await page.locator("#plot .line[points*=' ']").waitFor();
  await page.getByText("Document", { exact: true }).click();
  await page.locator("#job-actions button").click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.keyboard.press("Escape");
  await page.locator("#job").waitFor({ state: "hidden" });
  assert.ok(desk.requests.length > 10);
  assert.deepEqual(desk.requests.filter((url) => !url.startsWith(`${desk.url}/`)), []);
  assert.deepEqual(desk.faults, []);
});

test("a stream's items appear one by one, each once, also after a reload", { skip }, async () => {
  await using desk = await opened();
  const { page } = desk;
  await desk.goTo(`?job=${await desk.post("stream")}`);
  const items = page.locator("#items li");
  for (let i = 0; i < 3; i++) {
    await desk.give({ price: 10 + i });
    await items.nth(i).waitFor();
    assert.equal(await items.count(), i + 1);
    assert.match(await items.first().innerText(), new RegExp(`^${i}\\s.*${10 + i}`));
  }
  await page.reload();
  await items.nth(2).waitFor();
  await desk.give({ price: 13 });
  await desk.end();
  await page.getByText("Complete: 4 items").waitFor();
  const numbers = await page.locator("#items .seq").allInnerTexts();
  assert.deepEqual(numbers, ["3", "2", "1", "0"]);
  assert.match(
    await page.locator("#plot-summary").innerText(),
    /^price of items 0 to 3: from 10 to/,
  );
  assert.equal(await page.locator("#job-state").innerText(), "fulfilled");
});

test("of many items the last 200 are on the page", { skip }, async () => {
  await using desk = await opened();
  await desk.goTo(`?job=${await desk.post("count", 450)}`);
  await desk.page.getByText("Complete: 450 items").waitFor();
  const items = desk.page.locator("#items li");
  assert.equal(await items.count(), 200);
  assert.match(await items.first().innerText(), /^449\s/);
  assert.match(await desk.page.locator("#items-note").innerText(), /newest 200 of 450 items/);
});

test("scripts in what others wrote do not run, and are shown as text", { skip }, async () => {
  await using desk = await opened();
  const { page } = desk;
  await page.locator("#kinds").getByText("<script>").first().waitFor();
  for (const kind of ["progress", "result", "items", "fault"]) {
    const id = await desk.post(`hostile-${kind}`);
    await desk.goTo(`?job=${id}`);
    const shown = page.locator("#job-body").getByText("globalThis.hacked");
    await shown.filter({ visible: true }).first().waitFor();
  }
  // A page that somebody stored as a result is no page of this server's.
  const id = await desk.post("hostile-page");
  await desk.goTo(`?job=${id}`);
  await page.getByRole("link", { name: /^Open the result .text.html/ }).waitFor();
  assert.equal(await page.evaluate("globalThis.hacked"), undefined);
  assert.deepEqual(desk.faults, []);
  await page.goto(`${desk.url}/promises/${id}/result`);
  assert.equal(await page.locator("#ran").innerText(), "no");
});

test("a job that is cancelled on the page stops, after one question", { skip }, async () => {
  await using desk = await opened();
  const { page } = desk;
  await desk.goTo(`?job=${await desk.post("stream")}`);
  await desk.running;
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("dialog").getByText("Wanted by anonymous").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.locator("#job-state").getByText("cancelled").waitFor();
  await desk.aborted;
  assert.match(await page.locator("#said").innerText(), /^Cancelled stream/);
  assert.equal(await page.locator("#job-actions button").count(), 0);
});

test("a job is opened, left and found again by keyboard alone", { skip }, async () => {
  await using desk = await opened();
  const { page } = desk;
  const id = await desk.post("stream");
  const link = page.locator(`tr[data-id="${id}"] a`);
  await link.focus();
  await page.keyboard.press("Enter");
  await page.locator("#job:focus").waitFor();
  assert.equal(new URL(page.url()).search, `?job=${id}`);
  await page.keyboard.press("Escape");
  await page.locator(`tr[data-id="${id}"] a:focus`).waitFor();
  await page.goBack();
  await page.locator("#job-title").getByText("stream").waitFor();
});

test("the list shows what its address asks for", { skip }, async () => {
  await using desk = await opened();
  const [running, counted] = [await desk.post("stream"), await desk.post("count", 1)];
  await desk.page.locator(`tr[data-id="${counted}"]`).getByText("fulfilled").waitFor();
  await desk.page.getByRole("link", { name: "Running" }).click();
  await desk.page.locator(`tr[data-id="${counted}"]`).waitFor({ state: "detached" });
  assert.equal(await desk.page.locator("#jobs tbody tr").count(), 1);
  await desk.goTo("?kind=count");
  await desk.page.locator(`tr[data-id="${counted}"]`).waitFor();
  assert.equal(await desk.page.locator(`tr[data-id="${running}"]`).count(), 0);
  await desk.page.getByRole("link", { name: "Remove the filter kind count" }).click();
  await desk.page.locator(`tr[data-id="${running}"]`).waitFor();
});

test(
  "a server that does not answer leaves the old rows, marked, until it does",
  { skip },
  async () => {
    await using desk = await opened();
    const row = desk.page.locator(`tr[data-id="${await desk.post("stream")}"]`);
    await row.waitFor();
    await desk.context.setOffline(true);
    await desk.page.getByText(/^Stale since/).waitFor();
    await desk.page.getByRole("alert").getByText("The server does not answer").waitFor();
    assert.ok(await row.isVisible());
    await desk.context.setOffline(false);
    await desk.page.getByRole("button", { name: "Try again" }).click();
    await desk.page.getByText("Live", { exact: true }).waitFor();
    assert.ok(await desk.page.locator("#trouble").isHidden());
  },
);

test("where tokens are asked for, one logs in once and stays where one was", { skip }, async () => {
  const authenticator = tokenDoor(tokensFile({ alice: ["client"], victor: ["viewer"] }), sha256);
  await using desk = await opened({ authenticator });
  const { page } = desk;
  const id = await desk.post("stream", null, "Bearer alice-token");
  await desk.goTo(`?job=${id}`);
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("This token is not known").waitFor();
  await page.getByLabel("Token").fill("alice-token");
  await page.keyboard.press("Enter");
  await page.getByText("alice (client)").waitFor();
  await desk.give({ price: 1 });
  await page.locator("#items li").waitFor();
  assert.ok(await page.locator("#workers-panel").isHidden());
  assert.equal(await page.evaluate("document.cookie + localStorage.length"), "0");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").fill("victor-token");
  await page.keyboard.press("Enter");
  await page.locator("#job-body").waitFor();
  assert.equal(await page.locator("#job-actions button").count(), 0);
  await page.locator("#workers-panel").waitFor();
});

test("a screen of 320 pixels needs no scrolling sideways", { skip }, async () => {
  await using desk = await opened();
  await desk.page.setViewportSize({ width: 320, height: 640 });
  for (const path of ["", `?job=${await desk.post("hostile-fault")}`]) {
    await desk.goTo(path);
    await desk.page.locator("#jobs tbody tr").first().waitFor();
    const width = await desk.page.evaluate("document.documentElement.scrollWidth");
    assert.equal(width, 320);
  }
});

const JSON_TYPE = { "Content-Type": "application/json" };

/** A server with the page open in a browser of its own. */
interface Desk extends AsyncDisposable {
  readonly url: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** The addresses that were asked for. */
  readonly requests: readonly string[];
  /** Resolves once a job of kind `stream` runs; the other, once it was stopped. */
  readonly running: Promise<void>;
  readonly aborted: Promise<void>;
  goTo(search: string): Promise<void>;
  post(kind: string, input?: unknown, authorization?: string): Promise<string>;
  /** Gives an item to the job of kind `stream`, or ends it. */
  give(item: unknown): Promise<void>;
  end(): Promise<void>;
  /** Errors of the server and of the page, and what broke its policy. */
  readonly faults: readonly unknown[];
}

async function opened(options: Partial<HeartyOptions> = {}): Promise<Desk> {
  const feed = new TransformStream<unknown, unknown>({}, { highWaterMark: 100 });
  const writer = feed.writable.getWriter();
  const [running, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* stream(_: unknown, { signal }: JobContext) {
    running.resolve();
    signal.addEventListener("abort", () => {
      aborted.resolve();
      writer.close().catch(() => undefined); // It may be closed already.
    });
    yield* feed.readable;
  }
  const { sha256 } = runtime;
  const hearty = createHearty({ sha256, jobs: jobs(stream), ...options });
  await hearty.start();
  const faults: unknown[] = [];
  const bounds = { frameBytesMax: 1e7, bodyBytesMax: 1e6, onFault: (e: unknown) => faults.push(e) };
  const where = { host: "127.0.0.1", port: 0 };
  const listener = await runtime.listen({ ...where, ...bounds }, (r, c) => hearty.fetch(r, c));
  const url = `http://127.0.0.1:${listener.port}`;
  const requests: string[] = [];
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => faults.push(error.message));
  // Where something breaks the policy, the browser says so here.
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(`${url}/`);
  return {
    url,
    context,
    page,
    requests,
    running: running.promise,
    aborted: aborted.promise,
    goTo: async (search) => void await page.goto(`${url}/${search}`),
    async post(kind, input = null, authorization = "") {
      const headers = { ...JSON_TYPE, ...(authorization && { Authorization: authorization }) };
      const init = { method: "POST", headers, body: JSON.stringify(input) };
      return (await (await fetch(`${url}/jobs/${kind}`, init)).json()).id;
    },
    give: (item) => writer.write(item),
    end: () => writer.close(),
    faults,
    async [Symbol.asyncDispose]() {
      await context.close();
      writer.abort().catch(() => undefined); // It may be closed already.
      await hearty.stop();
      await listener.stop(0);
    },
  };
}

type Run = (input: unknown, job: JobContext) => unknown;

function jobs(stream: Run) {
  const hostile: Record<string, Run> = {
    progress(_, job) {
      job.progress(0.5, HOSTILE);
      const { promise, resolve } = Promise.withResolvers<void>();
      job.signal.addEventListener("abort", () => resolve());
      return promise;
    },
    result: () => ({ [HOSTILE]: HOSTILE }),
    items: async function* () {
      yield { [HOSTILE]: 1, price: HOSTILE };
      yield { [HOSTILE]: 2, price: HOSTILE };
    },
    fault: () => Promise.reject(Object.assign(new Error(HOSTILE), { name: "Hostile" })),
    page: () =>
      new Blob([`<p id="ran">no</p><script>ran.textContent = "yes"</script>`], {
        type: "text/html",
      }),
  };
  return [
    defineJob({ kind: "count", run: count }),
    ...Object.entries(hostile).map(([name, run]) =>
      defineJob({ kind: `hostile-${name}`, description: HOSTILE, attempts: 1, run })
    ),
    defineJob({ kind: "stream", run: stream }),
  ];
}

async function* count(upTo: unknown) {
  for (let i = 0; i < Number(upTo); i++) yield i;
}
