// One meaning spelled in many ways, and meanings that are nearly the same.

import type { Chance } from "./chance.ts";

/** A value of JSON. */
export type Value = null | boolean | number | string | readonly Value[] | { [name: string]: Value };

const LEAVES: readonly Value[] = [
  ...[null, true, false, 0, 1, -1, 0.1, 1e21, 1e-7, 123456789, 9007199254740991, 5e-324],
  ...["", "a", "A", "1", "true", "null", "\u00e9", "e\u0301", "\u0000", "\u2028", "\u{1f600}"],
  ...["__proto__", "\\", '"', "/", "\ufeff", "\n"],
];
const NAMES = ["a", "b", "A", "", "1", "10", "2", "__proto__", "constructor", "\u00e9", "\ue000"];

/** Any value. */
export function anyValue(chance: Chance, depth = 0): Value {
  const shape = depth > 3 ? 9 : chance.below(10);
  if (shape < 2) return chance.some(4, () => anyValue(chance, depth + 1));
  if (shape > 4) return chance.pick(LEAVES);
  const object: { [name: string]: Value } = Object.create(null);
  for (const name of chance.some(4, () => chance.pick(NAMES))) {
    object[name] = anyValue(chance, depth + 1);
  }
  return object;
}

/** The value with one part of it changed, so that it means something else. */
export function anotherValue(value: Value, chance: Chance): Value {
  if (Array.isArray(value) && value.length > 0 && !chance.oneIn(3)) {
    const at = chance.below(value.length);
    return value.map((part, i) => i === at ? anotherValue(part, chance) : part);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const members = Object.entries(value as { [name: string]: Value });
    if (members.length > 0 && !chance.oneIn(3)) {
      const at = chance.below(members.length);
      return objectOf(
        members.map(([name, part], i) => [name, i === at ? anotherValue(part, chance) : part]),
      );
    }
    return objectOf([...members, [`new ${chance.word()}`, null]]);
  }
  return Array.isArray(value) ? [...value, null] : [value];
}

function objectOf(members: readonly (readonly [string, Value])[]): Value {
  const object: { [name: string]: Value } = Object.create(null);
  for (const [name, value] of members) object[name] = value;
  return object;
}

/** The value as JSON in one of its many spellings. */
export function spell(value: Value, chance: Chance): string {
  const space = () => chance.pick(["", "", "", " ", "\n", "\t", "\r\n  "]);
  const join = (parts: readonly string[]) => parts.join(`${space()},${space()}`);
  if (typeof value === "string") return spellText(value, chance);
  if (typeof value === "number") return spellNumber(value, chance);
  if (Array.isArray(value)) {
    return `[${space()}${join(value.map((part) => spell(part, chance)))}${space()}]`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  const members = Object.entries(value as { [name: string]: Value }).map(([name, part]) =>
    `${spellText(name, chance)}${space()}:${space()}${spell(part, chance)}`
  );
  return `{${space()}${join(chance.shuffle(members))}${space()}}`;
}

function spellText(text: string, chance: Chance): string {
  const inner = [...text].map((character) => {
    const plain = JSON.stringify(character).slice(1, -1);
    if (!chance.oneIn(3)) return plain;
    if (character === "/") return "\\/";
    const units = Array.from(
      { length: character.length },
      (_, i) => character.charCodeAt(i).toString(16).padStart(4, "0"),
    );
    return units.map((hex) => `\\u${chance.oneIn(2) ? hex.toUpperCase() : hex}`).join("");
  });
  return `"${inner.join("")}"`;
}

function spellNumber(value: number, chance: Chance): string {
  const plain = String(value);
  if (!/^-?\d+$/.test(plain)) {
    return chance.pick([plain, plain.replace("e", "E"), value.toExponential()]);
  }
  const isZero = value === 0;
  return chance.pick([
    plain,
    `${plain}.0`,
    `${plain}e0`,
    `${plain}E+00`,
    isZero ? "0e9" : `${plain}0e-1`,
  ]);
}
