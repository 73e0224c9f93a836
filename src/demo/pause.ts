// A long computation must let its process do other things now and then: answer the server's pings, hear of a
// cancel. Neither an awaited promise (a microtask) nor a MessageChannel does that: both runtimes go on with such
// work before they look at a socket. A timer of a millisecond does, and this is one that needs no library.

const nobodyNotifies = new Int32Array(new SharedArrayBuffer(4));

/** Lets the event loop turn once, which takes 1 to 3 ms; throws the signal's reason if the job was cancelled. */
export async function pause(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // Deno 2.9 would end a program that waits for nothing else: an open port that somebody listens to prevents that.
  const { port1: wakeful } = new MessageChannel();
  wakeful.onmessage = () => {};
  await Atomics.waitAsync(nobodyNotifies, 0, 0, 1).value;
  wakeful.close();
  signal.throwIfAborted();
}

/** How long a ping may have to wait, about. */
const PAUSE_AFTER_MS = 15;

/**
 * Pauses whenever enough work was done since the last pause. Work is not timed but estimated, since what a job does must
 * follow from its input alone.
 */
export class Pace {
  readonly #signal: AbortSignal;
  #workMs = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** To be called after each piece of work, with about the time it took; a piece should take a few ms. */
  async worked(ms: number): Promise<void> {
    this.#workMs += ms;
    if (this.#workMs < PAUSE_AFTER_MS) return;
    this.#workMs = 0;
    await pause(this.#signal);
  }
}
