// One lease at the worker: runs the handler and turns what it does into messages.
//
// A1. Nothing is sent for a lease after it was settled, cancelled or lost.
// A2. A cancelled lease is answered with `cancelled` when its handler has ended, not before: its slot is busy until
//     then.
// A3. A generator is not asked for its next item while the outbox has no room.

import { encodeUtf8 } from "../base/bytes.ts";
import { type Clock, sleep } from "../base/clock.ts";
import type { Frame } from "../base/port.ts";
import { encodeWorkerMessage } from "../wire/worker-frame.ts";
import type {
  LiveContent,
  Protocol,
  RunMessage,
  SentMessage,
  SentPiece,
} from "../wire/messages.ts";
import { answerOf, bodyOf, itemOf, PIECE_BYTES_MAX, piecesOf } from "./answer.ts";
import type { Handler, Job, Marks } from "./job.ts";
import type { Outbox } from "./outbox.ts";
import { Progress } from "./progress.ts";
import { rejectionOf } from "./rejection.ts";

/** What an attempt needs of its worker. */
export interface Bench {
  readonly protocol: Protocol;
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** Largest frame that the server takes, in bytes. */
  readonly frameBytesMax: number;
  /** Sends a message at once, or not at all if there is no connection or no room. */
  offer(message: SentMessage): void;
  /** The handler has ended. */
  ended(attempt: Attempt): void;
}

/** How far a lease is: its handler computes; its outcome waits for the server's word; the server stopped it; it is another's. */
export type AttemptState = "running" | "fulfilled" | "rejected" | "cancelled" | "lost";

/** One lease at the worker. */
export class Attempt {
  readonly run: RunMessage<LiveContent>;
  readonly lease: string;
  readonly startedAt: number;
  /** Whether the handler still computes, wanted or not. */
  isWorking = true;
  /** Whether the server did not accept what was sent, and the job was rejected for that. */
  isGivenUp = false;
  #state: AttemptState = "running";
  readonly #bench: Bench;
  readonly #abort = new AbortController();
  readonly #progress: Progress;
  #marks: Marks = {};
  /** The number of a generator's first yield. */
  #firstSeq = 0;
  #hasYielded = false;

  constructor(run: RunMessage<LiveContent>, bench: Bench) {
    this.run = run;
    this.lease = run.lease;
    this.#bench = bench;
    this.startedAt = bench.clock.now().mono;
    this.#progress = new Progress(run.lease, bench);
  }

  get state(): AttemptState {
    return this.#state;
  }

  /** Runs the handler to its end; never rejects. */
  async work(handler: Handler): Promise<void> {
    const { input } = this.run;
    try {
      const answer = await handler("value" in input ? input.value : input.body, this.#job());
      await this.#send(answer);
    } catch (error) {
      this.reject(error);
    }
    this.isWorking = false;
    this.#bench.ended(this);
  }

  /** The server wants it no more: the handler is told, the rest is up to it (A2). */
  cancel(reason: string): void {
    this.#end("cancelled", reason);
  }

  /** The lease is another's, or nobody's (A1). */
  lose(): void {
    this.#end("lost", "The lease is lost");
  }

  /** The server did not understand what was sent: without its word nothing goes on, so the job is rejected with what it said. */
  giveUp(message: string): void {
    if (this.#state === "cancelled" || this.#state === "lost") return; // A1
    const error = new Error(message);
    error.name = "ProtocolError";
    this.isGivenUp = true;
    this.#bench.outbox.drop(this.lease);
    this.#settle("rejected", this.#rejection(error));
    this.#abort.abort(error);
  }

  /** Rejects the job, unless it is over. */
  reject(error: unknown): void {
    if (this.#state === "running") this.#settle("rejected", this.#rejection(error)); // A1
  }

  #rejection(error: unknown): Frame {
    return rejectionOf(error, { lease: this.lease, protocol: this.#bench.protocol });
  }

  #end(state: "cancelled" | "lost", reason: string): void {
    this.#bench.outbox.drop(this.lease);
    this.#progress.stop();
    this.#state = state;
    this.#abort.abort(new DOMException(reason, "AbortError"));
  }

  #settle(state: "fulfilled" | "rejected", frame: Frame): void {
    this.#progress.stop();
    this.#state = state;
    this.#bench.outbox.add({ lease: this.lease, seq: null, frame, bytes: frameBytes(frame) });
  }

  #job(): Job {
    const { run } = this;
    return {
      promise: run.promise,
      kind: run.kind,
      attempt: run.attempt,
      input: run.input,
      timeoutMs: run.timeoutMs ?? null,
      traceparent: run.traceparent ?? null,
      storedItems: run.storedItems,
      signal: this.#abort.signal,
      progress: (fraction, message) => {
        if (this.#state === "running") this.#progress.set(fraction, message);
      },
      continueItems: () => {
        if (this.#hasYielded) throw new Error("Cannot continue items: one was yielded before");
        return this.#firstSeq = run.storedItems;
      },
      mark: (marks) => void (this.#marks = { ...this.#marks, ...marks }),
    };
  }

  async #send(value: unknown): Promise<void> {
    const answer = answerOf(value);
    if (answer.shape === "piece") return await this.#sendPiece(answer.piece);
    if (answer.shape === "items") {
      await this.#sendItems(answer.items);
      return this.#fulfill({});
    }
    const pieces = piecesOf(answer.stream, this.#pieceBytes);
    return await this.#sendPieces(pieces, answer.contentType);
  }

  /** One value or body: in one frame if it fits. */
  async #sendPiece(piece: SentPiece): Promise<void> {
    const frame = this.#fulfillFrame(piece);
    if (frameBytes(frame) <= this.#bench.frameBytesMax) return this.#settleFulfilled(frame);
    const { contentType, body } = bodyOf(piece, this.#bench.protocol);
    await this.#sendPieces(slices(body, this.#pieceBytes), contentType);
  }

  /** Bytes in chunks, or in the last frame alone if they are one piece. */
  async #sendPieces(
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    contentType: string,
  ): Promise<void> {
    let seq = 0;
    let last: Uint8Array = new Uint8Array();
    for await (const piece of pieces) {
      if (last.length > 0) await this.#sendChunk(seq++, last);
      last = piece;
    }
    if (seq === 0) return this.#fulfill({ contentType, body: last });
    await this.#sendChunk(seq, last);
    this.#fulfill({ contentType });
  }

  async #sendChunk(seq: number, body: Uint8Array): Promise<void> {
    const { outbox, protocol } = this.#bench;
    await outbox.room(this.#abort.signal);
    this.#abort.signal.throwIfAborted();
    const frame = encodeWorkerMessage(protocol, { type: "chunk", lease: this.lease, seq, body });
    outbox.add({ lease: this.lease, seq, frame, bytes: frameBytes(frame) });
  }

  async #sendItems(items: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
    const { outbox, clock } = this.#bench;
    const { signal } = this.#abort;
    const { storedItems } = this.run;
    let breathedAt = clock.now().mono;
    try {
      for (let count = 0;; count++) {
        await outbox.room(signal); // A3
        signal.throwIfAborted();
        const next = await items.next();
        // Known only now: the generator may have said it just before its first yield.
        const seq = this.#firstSeq + count;
        if (next.done) {
          if (seq >= storedItems) return;
          throw new Error(`The handler yielded ${seq} items, but ${storedItems} are stored`);
        }
        this.#hasYielded = true;
        if (seq >= storedItems) await this.#sendItem(seq, next.value);
        // A generator that never waits would keep the heartbeat from being answered.
        if (clock.now().mono - breathedAt < BREATH_MS) continue;
        await sleep(clock, 0, signal);
        breathedAt = clock.now().mono;
      }
    } catch (error) {
      await items.return?.();
      throw error;
    }
  }

  async #sendItem(seq: number, value: unknown): Promise<void> {
    const { outbox, protocol, frameBytesMax } = this.#bench;
    const piece = await itemOf(value);
    this.#abort.signal.throwIfAborted();
    const { lease } = this;
    const frame = encodeWorkerMessage(protocol, { type: "item", lease, seq, ...piece });
    const bytes = frameBytes(frame);
    if (bytes > frameBytesMax) throw new ItemTooLargeError(seq, bytes, frameBytesMax);
    outbox.add({ lease, seq, frame, bytes });
  }

  #fulfill(piece: SentPiece | { readonly contentType?: string }): void {
    this.#settleFulfilled(this.#fulfillFrame(piece));
  }

  #fulfillFrame(piece: SentPiece | { readonly contentType?: string }): Frame {
    const { lease } = this;
    const message = { type: "fulfill", lease, ...this.#marks, ...piece } as const;
    return encodeWorkerMessage(this.#bench.protocol, message);
  }

  #settleFulfilled(frame: Frame): void {
    if (this.#state === "running") this.#settle("fulfilled", frame); // A1
  }

  get #pieceBytes(): number {
    // As base64 and with the other fields around it, half a frame still fits.
    return Math.min(PIECE_BYTES_MAX, Math.floor(this.#bench.frameBytesMax / 2));
  }
}

/** How long a generator may keep the thread to itself, in ms. */
const BREATH_MS = 25;

class ItemTooLargeError extends Error {
  override readonly name = "item-too-large";

  constructor(seq: number, bytes: number, bytesMax: number) {
    super(`Cannot send item ${seq}: its frame has ${bytes} bytes, the server takes ${bytesMax}`);
  }
}

function* slices(body: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

/** The length of a frame on the wire. */
function frameBytes(frame: Frame): number {
  return typeof frame === "string" ? encodeUtf8(frame).length : frame.length;
}
