// Numbers, sizes and times in words.

const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dateAndTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
/** How far the server's clock is ahead of ours, in ms. */
let aheadMs = 0;

/** Learns the server's time from an answer. */
export function learnTime(response) {
  const ahead = Date.parse(response.headers.get("date") ?? "") - Date.now();
  // The header has whole seconds: less is no difference.
  aheadMs = Math.abs(ahead) > 2_000 ? ahead : 0;
}

/** How long ago a time of the server is, in ms. */
export function since(time) {
  return Date.now() + aheadMs - Date.parse(time);
}

/** A span of time. */
export function span(ms) {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3_600)];
  if (hours < 1) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How old something is: whole seconds, since it is read again only every few. */
export function age(time) {
  const ms = since(time);
  return ms < 10_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : span(ms);
}

/** A time of today. */
export function clockTime(date) {
  return timeOfDay.format(date);
}

/** A time with its date. */
export function fullTime(date) {
  return dateAndTime.format(date);
}

/** A number with as many digits as people read. */
export function number(value) {
  return numbers.format(value);
}

/** A size. */
export function bytes(count) {
  if (count < 1_024) return `${count} B`;
  const kib = count / 1_024;
  return kib < 1_024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1_024).toFixed(1)} MiB`;
}

/** How many of something there are. */
export function many(count, word) {
  return `${number(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** The beginning of a text that may be too long to show. */
export function cut(text, length) {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
