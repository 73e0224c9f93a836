// A fresh server for a test: a store in memory that can be made to fail, a clock that stands still, repeatable chance,
// workers over pairs of ports. No network.

import { createHash } from "node:crypto";
import { seededRandom } from "../../src/base/random.ts";
import type { PostCommand, Wish } from "../../src/core/command.ts";
import { checkState } from "../../src/core/invariants.ts";
import { isRefusal } from "../../src/core/problem.ts";
import type { PromiseRecord } from "../../src/core/promise.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { post, type Posted, type PostRequest } from "../../src/engine/post.ts";
import { createHearty, type Hearty, type HeartyOptions } from "../../src/hearty.ts";
import { readPromise } from "../../src/store/layout.ts";
import type { Protocol, SentHello } from "../../src/wire/messages.ts";
import { postCommand } from "../core/scene.ts";
import { FaultyStore } from "./faulty-store.ts";
import { ManualClock, settled } from "./manual-clock.ts";
import { RawWorker } from "./raw-worker.ts";
import { assert } from "./test.ts";

/** A server and all that a test sets. Stopped when it goes out of scope; by then nobody else may have failed. */
export class Fixture implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly store = new FaultyStore();
  /** Faults that no caller was told of; a test takes out those that it meant. */
  readonly faults: unknown[] = [];
  readonly #options: Partial<HeartyOptions>;
  /** One for all servers of a test, or a new one would make the ids of the old one again. */
  readonly #random = seededRandom(1);
  hearty: Hearty;

  constructor(options: Partial<HeartyOptions>) {
    this.#options = options;
    this.hearty = this.#make();
  }

  #make(): Hearty {
    return createHearty({
      sha256: (data) => createHash("sha256").update(data).digest("hex"),
      store: this.store,
      clock: this.clock,
      random: this.#random,
      onFault: (error) => this.faults.push(error),
      ...this.#options,
    });
  }

  get engine(): Engine {
    return this.hearty.engine;
  }

  /** A new server takes the place of this one, which is as if it had been killed: it does nothing any more. */
  async restart(): Promise<void> {
    const old = this.hearty;
    await old.engine.stop();
    old.dispatch.stop("killed");
    this.hearty = this.#make();
    await this.hearty.start();
    await settled();
  }

  /** Posts a job of the name, as an owner's program would. */
  async post(
    name: string,
    wish: Partial<Wish> = {},
    more: Partial<PostCommand> & Partial<Omit<PostRequest, "command">> = {},
  ): Promise<Posted> {
    const { maxAgeMs = null, isStoredOnly = false, ...rest } = more;
    const command = postCommand(name, wish, rest);
    const posted = await post(this.engine, { command, maxAgeMs, isStoredOnly });
    assert.ok(!isRefusal(posted), JSON.stringify(posted));
    await settled();
    return posted;
  }

  /** A worker that has connected and said nothing yet. */
  dial(protocol?: Protocol, principal = "workers"): RawWorker {
    const peer = { principal, address: "127.0.0.1" };
    return new RawWorker((port) => this.hearty.dispatch.accept(port, peer), protocol);
  }

  /** A worker that is registered. */
  async worker(hello: Partial<SentHello> = {}): Promise<RawWorker & { session: string }> {
    const worker = this.dial();
    const { session } = await worker.hello(hello);
    return Object.assign(worker, { session });
  }

  /** A promise's record as it is stored. */
  async record(promise: PromiseRecord["id"]): Promise<PromiseRecord> {
    const record = await readPromise(this.store.inner, promise);
    assert.ok(record !== null && record !== "damaged");
    return record;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    checkState(this.engine.state);
    const stopped = this.hearty.stop();
    // What the stop gives time to is over at once.
    await this.clock.advance(60_000);
    await stopped;
    assert.deepEqual(this.faults, []);
  }
}

/** Starts a server. */
export async function hearty(options: Partial<HeartyOptions> = {}): Promise<Fixture> {
  const fixture = new Fixture(options);
  await fixture.hearty.start();
  return fixture;
}
