// Which of the offered media types a client gets: RFC 9110, section 12.5.1.

import { splitList } from "./headers.ts";
import { canonicalMedia, mediaEssence } from "./media.ts";

/**
 * The offer that the client likes best, null if it takes none. Of equally liked ones the first
 * offered wins. Malformed entries are ignored; a header without any valid one is as good as none.
 */
export function negotiate(accept: string | null, offers: readonly string[]): string | null {
  const ranges = parseAccept(accept);
  if (ranges.length === 0) return offers[0] ?? null;
  let best: string | null = null;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality <= bestQuality) continue;
    best = offer;
    bestQuality = quality;
  }
  return best;
}

/** Whether the client named this type, or an alias of it, and takes it: not only by a wildcard. */
export function explicitly(accept: string | null, type: string): boolean {
  const wanted = canonicalMedia(mediaEssence(type));
  return parseAccept(accept).some((range) => range.quality > 0 && range.type === wanted);
}

/** One entry of an Accept header. */
interface MediaRange {
  /** Canonical; `*` stands for anything, `text/*` for its subtypes. */
  readonly type: string;
  /** `name=value` in lower case, without the quality. */
  readonly parameters: readonly string[];
  readonly quality: number;
}

const NO_RANGES: readonly MediaRange[] = [];

function parseAccept(accept: string | null): readonly MediaRange[] {
  if (accept === null || accept === "*/*") return NO_RANGES;
  const ranges: MediaRange[] = [];
  for (const entry of splitList(accept, ",")) {
    const range = mediaRange(entry);
    if (range !== null) ranges.push(range);
  }
  return ranges;
}

function mediaRange(entry: string): MediaRange | null {
  const [type, ...rest] = splitList(entry, ";");
  if (type === undefined || !RANGE.test(type)) return null;
  let quality = 1;
  const parameters: string[] = [];
  for (const part of rest) {
    const [, name, value] = PARAMETER.exec(part.toLowerCase()) ?? [];
    if (name === undefined || value === undefined) return null;
    if (name === "q") {
      if (!QUALITY.test(value)) return null;
      quality = Number(value);
    } else if (name !== "charset") {
      // A charset excludes nothing: text of ours is UTF-8, and what is stored is given as it is.
      parameters.push(`${name}=${unquote(value)}`);
    }
  }
  return { type: type === "*/*" ? "*" : canonicalMedia(type), parameters, quality };
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** `*` alone is no valid range, but Java's HttpURLConnection has always sent it. */
const RANGE = new RegExp(`^(?:\\*(?:/\\*)?|(?!\\*)${TOKEN}/${TOKEN})$`);
const PARAMETER = new RegExp(`^(${TOKEN})=(${TOKEN}|".*")$`);
/** At most three digits; the missing zero is Java's as well. */
const QUALITY = /^(?:0?\.\d{1,3}|0\.?|1(?:\.0{0,3})?)$/;

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}

/** The quality of the most specific range that fits; 0 if none does. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  const essence = canonicalMedia(mediaEssence(offer));
  const anySubtype = `${essence.slice(0, essence.indexOf("/"))}/*`;
  const parameters = splitList(offer.toLowerCase(), ";").slice(1);
  let quality = 0;
  let best = -1;
  for (const range of ranges) {
    let specificity: number;
    if (range.type === "*") specificity = 0;
    else if (range.type === anySubtype) specificity = 1;
    else if (range.type === essence) specificity = 2;
    else continue;
    if (!range.parameters.every((p) => parameters.includes(p))) continue;
    specificity += range.parameters.length;
    // Two entries of one type contradict each other: the kinder one holds.
    if (specificity < best || (specificity === best && range.quality <= quality)) continue;
    best = specificity;
    quality = range.quality;
  }
  return quality;
}
