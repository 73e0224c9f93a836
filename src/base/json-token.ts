// The tokens of JSON text: strings, numbers and words, as bytes. A token is read into one number: four times the place
// behind it, plus ODD and BIG; or negative, the code of what is wrong with it.

/** The token's canonical form may differ from its text: it has escapes, or is no number as JavaScript writes it. */
export const ODD = 1;
/** The token is an integer that no double holds. */
export const BIG = 2;

/** Bytes with a meaning in JSON. */
export const BYTE = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** Reads the string, number or word that begins at `from`. */
export function scanToken(bytes: Uint8Array, from: number): number {
  const first = bytes[from]!;
  if (first === QUOTE) return scanString(bytes, from);
  if (first === MINUS || isDigit(first)) return scanNumber(bytes, from);
  if (first === TRUE[0]) return scanWord(bytes, from, TRUE);
  if (first === FALSE[0]) return scanWord(bytes, from, FALSE);
  return first === NULL[0] ? scanWord(bytes, from, NULL) : NO_VALUE;
}

/**
 * Whether JavaScript's spelling of the double nearest to an integer has the value of these digits. So no two integers
 * that differ pass as one double.
 */
export function isExactInteger(digits: string): boolean {
  const spelled = String(Number(digits));
  const [mantissa, exponent] = spelled.split("e+");
  if (exponent === undefined) return spelled === digits;
  return mantissa!.replace(".", "").padEnd(Number(exponent) + 1, "0") === digits;
}

/**
 * One character of a valid string, escaped or not: sixteen times its code point, plus the bytes that it takes. One
 * number, so that nothing is allocated.
 */
export function characterAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte === BACKSLASH) return escapeAt(bytes, at + 1);
  if (byte < 0x80) return (byte << 4) | 1;
  const second = bytes[at + 1]! & 0x3f;
  if (byte < 0xe0) return ((((byte & 0x1f) << 6) | second) << 4) | 2;
  const third = bytes[at + 2]! & 0x3f;
  if (byte < 0xf0) return ((((byte & 0x0f) << 12) | (second << 6) | third) << 4) | 3;
  const fourth = bytes[at + 3]! & 0x3f;
  return ((((byte & 0x07) << 18) | (second << 12) | (third << 6) | fourth) << 4) | 4;
}

const NO_VALUE = -1;
const UNENDED = -2;
const CONTROL = -3;
const NO_ESCAPE = -4;
const LONE_SURROGATE = -5;
const NO_UTF8 = -6;
const NO_NUMBER = -7;
const OVERFLOW = -8;

/** What is wrong with a token, by its code. */
export const TOKEN_FAULTS: Readonly<Record<number, string>> = {
  [NO_VALUE]: "wanted a value",
  [UNENDED]: "a string without an end",
  [CONTROL]: "a control character in a string",
  [NO_ESCAPE]: "an unknown escape in a string",
  [LONE_SURROGATE]: "half of a surrogate pair in a string",
  [NO_UTF8]: "a string that is no UTF-8",
  [NO_NUMBER]: "a malformed number",
  [OVERFLOW]: "a number larger than a double can hold",
};

const QUOTE = BYTE.quote;
const MINUS = 0x2d;
const DOT = 0x2e;
const PLUS = 0x2b;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = BYTE.backslash;
const LOWER_E = 0x65;
const LOWER_U = 0x75;

/** Any decimal of so many characters, its point included, is the shortest spelling of its double. */
const DIGITS_SURE = 15;
/** An integer of so many digits is no infinity. */
const DIGITS_FINITE = 308;

const LATIN = new TextDecoder("latin1");

const [TRUE, FALSE, NULL] = ["true", "false", "null"].map((word) =>
  new TextEncoder().encode(word)
) as [Uint8Array, Uint8Array, Uint8Array];

/** What ends a run of plain characters in a string: a quote, an escape, a control character, or more than ASCII. */
const IS_SPECIAL = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte < 0x20 || byte >= 0x80 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);

/** The code point that a one-letter escape stands for; 0: it is none. */
const ESCAPES = new Uint8Array(256);
for (const [index, letter] of [...'"\\/bfnrt'].entries()) {
  ESCAPES[letter.charCodeAt(0)] = '"\\/\b\f\n\r\t'.charCodeAt(index);
}

/** The value of a hexadecimal digit; -1: it is none. */
const HEX_DIGITS = new Int8Array(256).fill(-1);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  HEX_DIGITS[digit.charCodeAt(0)] = HEX_DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

function scanString(bytes: Uint8Array, from: number): number {
  let flags = 0;
  let at = from + 1;
  for (;;) {
    while (IS_SPECIAL[bytes[at]!] === 0) at++;
    if (at >= bytes.length) return UNENDED;
    const byte = bytes[at]!;
    if (byte === QUOTE) return (at + 1) * 4 + flags;
    if (byte < 0x20) return CONTROL;
    const length = byte === BACKSLASH ? escapeLength(bytes, at + 1) : utf8Length(bytes, at);
    if (length < 0) return length;
    if (byte === BACKSLASH) flags = ODD;
    at += length;
  }
}

/** Bytes of the escape whose backslash is before `at`. */
function escapeLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== LOWER_U) return ESCAPES[bytes[at]!] ? 2 : NO_ESCAPE;
  const unit = hexAt(bytes, at + 1);
  if (unit < 0) return NO_ESCAPE;
  if ((unit & 0xf800) !== 0xd800) return 6;
  const isPair = unit < 0xdc00 && bytes[at + 5] === BACKSLASH && bytes[at + 6] === LOWER_U &&
    (hexAt(bytes, at + 7) & 0xfc00) === 0xdc00;
  return isPair ? 12 : LONE_SURROGATE;
}

/** As `characterAt`, behind the backslash of a valid escape. */
function escapeAt(bytes: Uint8Array, at: number): number {
  const letter = bytes[at]!;
  if (letter !== LOWER_U) return (ESCAPES[letter]! << 4) | 2;
  const unit = hexAt(bytes, at + 1);
  if ((unit & 0xf800) !== 0xd800) return (unit << 4) | 6;
  const low = hexAt(bytes, at + 7);
  return ((0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)) << 4) | 12;
}

/** Four hexadecimal digits; -1 if they are none. */
function hexAt(bytes: Uint8Array, at: number): number {
  return (HEX_DIGITS[bytes[at]!]! << 12) | (HEX_DIGITS[bytes[at + 1]!]! << 8) |
    (HEX_DIGITS[bytes[at + 2]!]! << 4) | HEX_DIGITS[bytes[at + 3]!]!;
}

/** Bytes of the character of more than one that begins at `at` (RFC 3629: no surrogates, no longer form than needed). */
function utf8Length(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const second = bytes[at + 1]!;
  if (!isTrail(second) || lead < 0xc2) return NO_UTF8;
  if (lead < 0xe0) return 2;
  if (!isTrail(bytes[at + 2]!)) return NO_UTF8;
  if (lead < 0xf0) {
    const isWrong = lead === 0xe0 ? second < 0xa0 : lead === 0xed && second >= 0xa0;
    return isWrong ? NO_UTF8 : 3;
  }
  const isWrong = lead === 0xf0 ? second < 0x90 : lead === 0xf4 ? second >= 0x90 : lead > 0xf4;
  return isWrong || !isTrail(bytes[at + 3]!) ? NO_UTF8 : 4;
}

function isTrail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function scanNumber(bytes: Uint8Array, from: number): number {
  const isNegative = bytes[from] === MINUS;
  const start = isNegative ? from + 1 : from;
  const startsWithZero = bytes[start] === ZERO;
  const whole = startsWithZero ? start + 1 : skipDigits(bytes, start);
  if (whole === start) return NO_NUMBER;
  let end = whole;
  if (bytes[end] === DOT) {
    end = skipDigits(bytes, whole + 1);
    if (end === whole + 1) return NO_NUMBER;
  }
  if ((bytes[end]! | 0x20) === LOWER_E) {
    const sign = bytes[end + 1];
    const digits = sign === MINUS || sign === PLUS ? end + 2 : end + 1;
    end = skipDigits(bytes, digits);
    if (end === digits) return NO_NUMBER;
    const isSmall = end - digits <= 2 && whole - start <= DIGITS_SURE;
    return isSmall || Number.isFinite(numberAt(bytes, from, end)) ? end * 4 + ODD : OVERFLOW;
  }
  const isSure = end - start <= DIGITS_SURE;
  if (end === whole) {
    if (isSure) return end * 4 + (startsWithZero && isNegative ? ODD : 0);
    return end * 4 + (isExactInteger(LATIN.decode(bytes.subarray(start, end))) ? ODD : ODD | BIG);
  }
  if (whole - start > DIGITS_FINITE && !Number.isFinite(numberAt(bytes, from, end))) {
    return OVERFLOW;
  }
  const isTiny = startsWithZero && bytes[whole + 1] === ZERO && bytes[whole + 2] === ZERO;
  return end * 4 + (isSure && !isTiny && bytes[end - 1] !== ZERO ? 0 : ODD);
}

function numberAt(bytes: Uint8Array, from: number, end: number): number {
  return Number(LATIN.decode(bytes.subarray(from, end)));
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at]!)) at++;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function scanWord(bytes: Uint8Array, from: number, word: Uint8Array): number {
  for (let i = 1; i < word.length; i++) {
    if (bytes[from + i] !== word[i]) return NO_VALUE;
  }
  return (from + word.length) * 4;
}
