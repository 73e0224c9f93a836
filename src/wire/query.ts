// Query parameters, for every route: a table of what a route understands gives the reader its
// values and the API description its schemas. Nothing in a query is ever ignored: what is unknown,
// repeated or malformed is refused.

import type { Time } from "../base/clock.ts";
import { isName, isQueueName } from "../core/ids.ts";
import { type Refusal, refuse } from "../core/problem.ts";
import { parseDeadline, parseDuration, parseSince } from "./duration.ts";

/** One parameter of a query. `Value` is what it means inside. */
export interface Parameter<Value> {
  /** What it is for, as the API's description says it. */
  readonly description: string;
  /** What its text must look like, as a refusal says it: "a duration such as 30s". */
  readonly wanted: string;
  /** JSON Schema of its text. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The value of a text; null if it is malformed. */
  read(text: string, now: Time): Value | null;
}

/** A parameter that may be given several times. */
export interface ManyParameter<Value> extends Parameter<Value> {
  /** Most different values. */
  readonly countMax: number;
}

/** What a route understands, by name. */
export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/**
 * The values that were given: null for a parameter that was not, an empty list for one that may be
 * repeated.
 */
export type Query<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends ManyParameter<infer Value> ? readonly Value[]
    : P[Name] extends Parameter<infer Value> ? Value | null
    : never;
};

/** Reads a query by its table of parameters, or refuses it and names the parameter. */
export function readQuery<P extends Parameters>(
  params: URLSearchParams,
  parameters: P,
  now: Time,
): Query<P> | Refusal {
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    values[name] = isMany(parameter) ? [] : null;
  }
  for (const [name, text] of params) {
    if (!Object.hasOwn(parameters, name)) return unknownParameter(name, Object.keys(parameters));
    const parameter = parameters[name]!;
    const value = parameter.read(text, now);
    if (value === null) return malformedParameter(name, text, parameter.wanted);
    if (isMany(parameter)) {
      const list = values[name] as unknown[];
      if (list.includes(value)) continue;
      if (list.length === parameter.countMax) return tooMany(name, parameter.countMax);
      list.push(value);
    } else if (values[name] === null) values[name] = value;
    else return tooMany(name, 1);
  }
  return values as Query<P>;
}

/** A refusal of a parameter, a header, an id or a cursor whose text is no such thing. */
export function malformedParameter(name: string, text: string, wanted: string): Refusal {
  const value = JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
  return refuse("invalid-parameter", {
    detail: `Cannot read the parameter "${name}": it is ${value}, wanted is ${wanted}`,
    parameter: name,
  });
}

function unknownParameter(name: string, known: readonly string[]): Refusal {
  const shown = name.slice(0, SHOWN_MAX);
  const wanted = known.length === 0 ? "this call takes none" : `known are ${known.join(", ")}`;
  return refuse("invalid-parameter", {
    detail: `Cannot read the parameter ${JSON.stringify(shown)}: it is unknown, ${wanted}`,
    parameter: shown,
  });
}

function tooMany(name: string, countMax: number): Refusal {
  const wanted = countMax === 1 ? "once" : `${countMax} times`;
  return refuse("invalid-parameter", {
    detail: `Cannot read the parameter "${name}": it may be given at most ${wanted}`,
    parameter: name,
  });
}

function isMany(parameter: Parameter<unknown>): parameter is ManyParameter<unknown> {
  return "countMax" in parameter;
}

/** Longest part of a client's text that a refusal repeats. */
const SHOWN_MAX = 64;

/** The same parameter, repeatable. */
export function many<Value>(parameter: Parameter<Value>, countMax: number): ManyParameter<Value> {
  return { ...parameter, countMax };
}

/** A duration, in ms. */
export function duration(description: string): Parameter<number> {
  return {
    description,
    wanted: "a duration such as 30s, 5m, PT5S or a number of seconds",
    schema: { type: "string", examples: ["250ms", "30s", "5m", "2h", "7d", "PT5S", "1.5"] },
    read: parseDuration,
  };
}

/** A time, or a duration from now. */
export function deadline(description: string): Parameter<Time> {
  return point(description, "from now", parseDeadline);
}

/** A time, or a duration back from now. */
export function since(description: string): Parameter<Time> {
  return point(description, "back from now", parseSince);
}

function point(
  description: string,
  direction: string,
  read: (text: string, now: Time) => Time | null,
): Parameter<Time> {
  return {
    description,
    wanted: `a time such as 2026-11-24T09:30:00Z or a duration ${direction} such as 30m`,
    schema: { type: "string", examples: ["2026-11-24T09:30:00Z", "30m"] },
    read,
  };
}

/** A whole number between two bounds. */
export function count(
  description: string,
  bounds: { readonly min: number; readonly max: number },
): Parameter<number> {
  return {
    description,
    wanted: `a whole number from ${bounds.min} to ${bounds.max}`,
    schema: { type: "integer", minimum: bounds.min, maximum: bounds.max },
    read(text) {
      if (!WHOLE.test(text)) return null;
      const value = Number(text);
      return value >= bounds.min && value <= bounds.max ? value : null;
    },
  };
}

const WHOLE = /^\d{1,16}$/;

/** The number of an item, from 0. */
export function sequence(description: string): Parameter<number> {
  return count(description, { min: 0, max: Number.MAX_SAFE_INTEGER });
}

/** One of some words. */
export function word<const Word extends string>(
  description: string,
  words: readonly Word[],
): Parameter<Word> {
  return {
    description,
    wanted: words.join(" or "),
    schema: { type: "string", enum: words },
    read: (text) => words.find((w) => w === text) ?? null,
  };
}

/** True or false. */
export function flag(description: string): Parameter<boolean> {
  return {
    description,
    wanted: "true or false",
    schema: { type: "boolean" },
    read: (text) => text === "true" ? true : text === "false" ? false : null,
  };
}

/** The name of an owner, a worker or a tag. */
export function name(description: string): Parameter<string> {
  return {
    description,
    wanted: "1 to 128 of the characters A-Z a-z 0-9 . _ : @ | + -",
    schema: { type: "string", minLength: 1, maxLength: 128 },
    read: (text) => isName(text) ? text : null,
  };
}

/** The name of a queue. */
export function queueName(description: string): Parameter<string> {
  return {
    description,
    wanted: "1 to 128 of the characters A-Z a-z 0-9 . _ : @ | + - and spaces inside",
    schema: { type: "string", minLength: 1, maxLength: 128 },
    read: (text) => isQueueName(text) ? text : null,
  };
}

/** Any text of at least one and at most so many bytes of UTF-8. */
export function anyText(description: string, bytesMax: number): Parameter<string> {
  return {
    description,
    wanted: `valid UTF-8 of 1 to ${bytesMax} bytes`,
    schema: { type: "string", minLength: 1, maxLength: bytesMax },
    read: (text) => isText(text, bytesMax) ? text : null,
  };
}

function isText(text: string, bytesMax: number): boolean {
  // U+FFFD is what a URL's parser puts in place of broken bytes: different texts would become one.
  if (text.length === 0 || text.length > bytesMax || text.includes("\uFFFD")) return false;
  return text.length * 3 <= bytesMax || new TextEncoder().encode(text).length <= bytesMax;
}

/** Anything that a parser of one's own understands: an id, a kind, a cursor. */
export function parsed<Value>(
  description: string,
  wanted: string,
  read: (text: string) => Value | null,
): Parameter<Value> {
  return { description, wanted, schema: { type: "string" }, read };
}

/** Why something is done, for people. */
export function reason(): Parameter<string> {
  return anyText("Why, for people who look later.", REASON_BYTES_MAX);
}

const REASON_BYTES_MAX = 1_024;
