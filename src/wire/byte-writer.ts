// Gathers small and large pieces of output into one chunk, so that each byte of a stored body is
// copied once on its way to the connection.

const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
const CAPACITY_MIN = 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

/** A growing chunk of bytes. */
export class ByteWriter {
  #bytes = EMPTY;
  #length = 0;

  /** How many bytes are gathered. */
  get length(): number {
    return this.#length;
  }

  /** Adds text as UTF-8. */
  text(text: string): void {
    // Room for ASCII, which nearly all of it is; what does not fit after all comes behind.
    this.#reserve(text.length);
    const { read, written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
    if (read < text.length) this.bytes(encoder.encode(text.slice(read)));
  }

  /** Adds bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * Adds a JSON text on one line. A line break of valid JSON stands between tokens, never inside a
   * string, so that a space in its place means the same.
   */
  jsonLine(json: Uint8Array): void {
    const start = this.#length;
    this.bytes(json);
    if (!json.includes(LINE_FEED) && !json.includes(CARRIAGE_RETURN)) return;
    const copy = this.#bytes.subarray(start, this.#length);
    for (let i = 0; i < copy.length; i++) {
      if (copy[i] === LINE_FEED || copy[i] === CARRIAGE_RETURN) copy[i] = SPACE;
    }
  }

  /** Gives the chunk away and begins a new one. */
  take(): Uint8Array<ArrayBuffer> {
    const chunk = this.#bytes.subarray(0, this.#length);
    this.#bytes = EMPTY;
    this.#length = 0;
    return chunk;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, CAPACITY_MIN));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
