// Every bound of the system, with its unit and what happens when it is met. A server's owner may set those in
// `Limits`; the constants are not settable.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bounds that a server's owner can set. */
export interface Limits {
  /** Largest input of one job, in bytes: 413 `input-too-large`. Default 16 MiB. */
  readonly inputBytesMax: number;
  /** Largest item of a stream, in bytes as stored: the promise is rejected, `item-too-large`. Default 16 MiB. */
  readonly itemBytesMax: number;
  /** Largest result, one value or all items together, in bytes: the promise is rejected, `result-too-large`. Default 1 GiB. */
  readonly resultBytesMax: number;
  /** Most items of one promise: the promise is rejected, `result-too-large`. Default 10,000,000. */
  readonly itemsMax: number;
  /** Most unfinished, not running jobs of one owner: 429 `queue-full`. Default 100,000. */
  readonly queuedMax: number;
  /** Most streams that one client holds open: 429 `too-many-streams`. Default 1,000. */
  readonly streamsMax: number;
  /** Longest wait that one request may ask for, in ms; longer ones are cut to it. Default 60,000. */
  readonly waitMsMax: number;
  /** Largest header of a request, in bytes: 431. Default 12 KiB. */
  readonly headerBytesMax: number;
  /** Longest request target, in bytes: 414. Default 8 KiB. */
  readonly urlBytesMax: number;
  /** Most bytes of items that a worker may have sent without an ack. Default 1 MiB. */
  readonly unackedBytesMax: number;
}

/** What holds where nothing is set. */
export const DEFAULT_LIMITS: Limits = {
  inputBytesMax: 16 * MIB,
  itemBytesMax: 16 * MIB,
  resultBytesMax: 1024 * MIB,
  itemsMax: 10_000_000,
  queuedMax: 100_000,
  streamsMax: 1_000,
  waitMsMax: 60_000,
  headerBytesMax: 12 * KIB,
  urlBytesMax: 8 * KIB,
  unackedBytesMax: MIB,
};

/** Largest frame between server and worker: an item must fit as base64, and so must an input. */
export function frameBytesMax(limits: Limits): number {
  const body = Math.max(limits.itemBytesMax, limits.inputBytesMax);
  return Math.max(16 * MIB, Math.ceil((4 * body) / 3) + 64 * KIB);
}

/** Most header lines of a request: 431. */
export const HEADER_LINES_MAX = 100;
/** Deepest nesting of a JSON or MessagePack input: 422. */
export const NESTING_MAX = 1_000;
/** Longest explicit `key`, in bytes of UTF-8: 400. */
export const EXPLICIT_KEY_BYTES_MAX = 512;
/** Most tags of one post: 400. */
export const TAGS_MAX = 16;
/** Most attempts that a post or a kind may ask for: 400. */
export const ATTEMPTS_MAX = 1_000;
/** Longest duration anywhere, in ms: ten years. Longer ones are malformed. */
export const DURATION_MS_MAX = 10 * 365 * 86_400_000;
/** Attempts kept in a promise's history; the oldest go first. */
export const HISTORY_MAX = 20;
/** Most kinds that one worker may offer: `refused: protocol`. */
export const WORKER_KINDS_MAX = 10_000;
/** Most slots of one worker. */
export const CONCURRENCY_MAX = 100_000;
/** How long a new connection may take until its `hello`, in ms. */
export const HELLO_MS_MAX = 10_000;
/** Longest content type, in characters. */
export const CONTENT_TYPE_MAX = 255;
/** Longest error message, progress message or description, in characters; longer ones are cut. */
export const MESSAGE_MAX = 8_192;
/** Largest page of a list. */
export const PAGE_MAX = 1_000;
/** Most rows that one read of a stream takes from the store. */
export const READ_ITEMS_MAX = 256;
/** Most bytes that a stream gathers before it hands them to the connection. */
export const READ_BYTES_MAX = 64 * KIB;
