// A worker that says what a test tells it to, word by word, over a pair of ports. By itself it answers pings only.

import { type Port, portPair } from "../../src/base/port.ts";
import type { Protocol, ReceivedMessage, SentHello, SentMessage } from "../../src/wire/messages.ts";
import { decodeServerFrame, encodeWorkerMessage } from "../../src/wire/worker-frame.ts";
import { settled } from "./manual-clock.ts";
import { assert } from "./test.ts";

/** A message of one type. */
export type Received<Type extends ReceivedMessage["type"]> = Extract<
  ReceivedMessage,
  { type: Type }
>;

/** One connection of a worker. */
export class RawWorker {
  /** What the server said, oldest first; `take` removes. */
  readonly received: ReceivedMessage[] = [];
  /** How the connection was closed; null: it is open. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  /** It answers no ping. */
  isMute = false;
  readonly #port: Port;

  /** Connects; `accept` gets the server's end. */
  constructor(accept: (port: Port) => void, protocol: Protocol = "hearty.v1.json") {
    const [mine, theirs] = portPair(protocol);
    this.#port = mine;
    mine.events = {
      message: (frame) => {
        const decoded = decodeServerFrame(protocol, frame);
        assert.ok("message" in decoded, JSON.stringify(decoded));
        this.received.push(decoded.message);
        const { type } = decoded.message;
        if (type === "ping" && !this.isMute) this.sayAtOnce({ type: "pong", n: decoded.message.n });
      },
      close: (code, reason) => this.closed = { code, reason },
      drain() {},
    };
    accept(theirs);
  }

  /** Says something, and waits for what follows. */
  async say(message: SentMessage): Promise<void> {
    this.sayAtOnce(message);
    await settled();
  }

  /** Says something without waiting. */
  sayAtOnce(message: SentMessage): void {
    this.#port.send(encodeWorkerMessage(this.#port.protocol as Protocol, message));
  }

  /** Sends a frame as it is. */
  async sendFrame(frame: string | Uint8Array): Promise<void> {
    this.#port.send(frame);
    await settled();
  }

  /** Says hello with what matters; the server's answer. */
  async hello(hello: Partial<SentHello> = {}): Promise<Received<"welcome">> {
    await this.say({
      type: "hello",
      name: "w1",
      concurrency: 4,
      kinds: [{ kind: "price" }],
      ...hello,
    });
    return this.take("welcome");
  }

  /** Takes the oldest message of a type out; it must be there. */
  take<Type extends ReceivedMessage["type"]>(type: Type): Received<Type> {
    const at = this.received.findIndex((one) => one.type === type);
    assert.ok(at >= 0, `no "${type}" in ${JSON.stringify(this.received)}`);
    return this.received.splice(at, 1)[0] as Received<Type>;
  }

  /** Takes all messages of a type out. */
  takeAll<Type extends ReceivedMessage["type"]>(type: Type): Received<Type>[] {
    const all: Received<Type>[] = [];
    while (this.received.some((one) => one.type === type)) all.push(this.take(type));
    return all;
  }

  /** The connection breaks. */
  async cut(): Promise<void> {
    this.#port.close(1006, "");
    await settled();
  }
}
