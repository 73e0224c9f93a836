// Durations and times as clients spell them. Everything is whole milliseconds inside.

import type { Time } from "../base/clock.ts";
import { DURATION_MS_MAX } from "../core/limits.ts";

/**
 * A duration in ms: `250ms`, `30s`, `5m`, `2h`, `7d`, ISO 8601 of days to seconds (`PT1H30M`), or
 * bare seconds (`1.5`). Null if it is malformed or longer than DURATION_MS_MAX. Years and months
 * have no fixed length, and weeks are left out with them.
 */
export function parseDuration(text: string): number | null {
  if (text.length > TEXT_MAX) return null;
  const short = SHORT.exec(text);
  const ms = short === null ? isoMs(text) : Number(short[1]) * UNIT_MS[short[2] ?? "s"]!;
  return ms === null || ms > DURATION_MS_MAX ? null : Math.round(ms);
}

/**
 * A time in ms since 1970: RFC 3339, any offset. Finer digits are cut. Null if it is malformed or
 * no such day exists.
 */
export function parseTime(text: string): Time | null {
  const parts = RFC3339.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as Six;
  const isLeapSecond = second === 60;
  if (hour > 23 || minute > 59 || second > 60) return null;
  // Not Date.UTC, which takes the years 0 … 99 for 1900 … 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  date.setUTCHours(hour, minute, second, Number((parts[7] ?? "").slice(0, 3).padEnd(3, "0")));
  const offset = offsetMs(parts[8]!);
  if (offset === null) return null;
  const ms = date.getTime() - offset;
  // A leap second is the last of a day in UTC; it is told as the first second after it.
  return isLeapSecond && ms - Math.floor(ms / DAY_MS) * DAY_MS >= 1_000 ? null : ms;
}

/** A time as RFC 3339 in UTC with milliseconds. */
export function formatTime(ms: Time): string {
  return new Date(ms).toISOString();
}

/** The start of a span: a time, or a duration back from `now`; never before 1970. */
export function parseSince(text: string, now: Time): Time | null {
  return parsePoint(text, now, -1);
}

/** A time, or a duration on from `now`; never before 1970. */
export function parseDeadline(text: string, now: Time): Time | null {
  return parsePoint(text, now, 1);
}

function parsePoint(text: string, now: Time, direction: 1 | -1): Time | null {
  const time = parseTime(text);
  if (time !== null) return Math.max(0, time);
  const duration = parseDuration(text);
  return duration === null ? null : Math.max(0, now + direction * duration);
}

/** Longer texts are no duration, whatever they hold. */
const TEXT_MAX = 64;
const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: DAY_MS,
};
const SHORT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;
const ISO = /^P(?!$)(?:([\d.,]+)D)?(?:T(?!$)(?:([\d.,]+)H)?(?:([\d.,]+)M)?(?:([\d.,]+)S)?)?$/;
const ISO_UNITS_MS = [DAY_MS, 3_600_000, 60_000, 1_000];
const ISO_NUMBER = /^\d+(?:[.,]\d+)?$/;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

type Six = [number, number, number, number, number, number];

function isoMs(text: string): number | null {
  const parts = ISO.exec(text);
  if (parts === null) return null;
  let sum = 0;
  let hasFraction = false;
  for (const [i, unitMs] of ISO_UNITS_MS.entries()) {
    const number = parts[i + 1];
    if (number === undefined) continue;
    // Only the smallest part that is given may have a fraction.
    if (hasFraction || !ISO_NUMBER.test(number)) return null;
    hasFraction = /[.,]/.test(number);
    sum += Number(number.replace(",", ".")) * unitMs;
  }
  return sum;
}

function offsetMs(text: string): number | null {
  if (text.length === 1) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4));
  if (hours > 23 || minutes > 59) return null;
  return (hours * 60 + minutes) * 60_000 * (text.startsWith("-") ? -1 : 1);
}
