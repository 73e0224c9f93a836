// Finds the functions of blanked code and where they end, without a parser: a function's body is the brace behind
// an arrow, or behind a list of arguments and perhaps a type.

import { closing } from "./blank.ts";
import { lineAt } from "./source.ts";

/** A function with a body. */
export interface FunctionSpan {
  /** The text of its first line. */
  readonly head: string;
  /** The line its arguments begin on. */
  readonly line: number;
  /** From that line to the one that closes its body. */
  readonly lines: number;
}

/** Every function, method and arrow with a body in braces, nested ones as well. */
export function functionsOf(code: string): readonly FunctionSpan[] {
  const spans: FunctionSpan[] = [];
  const add = (start: number, open: number) => {
    const line = lineAt(code, start);
    const head = code.split("\n", line).at(-1)!.trim();
    spans.push({ head, line, lines: lineAt(code, closing(code, open)) - line + 1 });
  };
  for (const arrow of code.matchAll(/=>\s*\{/g)) {
    add(arrow.index, arrow.index + arrow[0].length - 1);
  }
  for (const { index } of code.matchAll(/\(/g)) {
    const open = isControl(code, index) ? null : bodyAfter(code, closing(code, index) + 1);
    if (open !== null) add(index, open);
  }
  return spans;
}

/** Whether a block behind this bracket is a statement's or a class's, not a function's. */
function isControl(code: string, bracket: number): boolean {
  const before = code.slice(Math.max(0, bracket - 300), bracket);
  return /\b(?:if|for|while|switch|catch|with|await)\s*$/.test(before) ||
    /\bclass\b[^{};]*\bextends\s+[\w$.]+$/.test(before);
}

const TYPE_PREFIX =
  /^(?:asserts|keyof|readonly|typeof|infer|unique|abstract|new|is|extends|[|&:?]|=>)(?![\w$])\s*/;

/** The brace that opens the body of a function whose arguments end before `place`, or null where it has none. */
function bodyAfter(code: string, place: number): number | null {
  let at = skipSpace(code, place);
  if (code[at] === "{") return at;
  if (code[at] !== ":") return null;
  // The return type: operands with prefixes and operators between them; a brace behind an operand opens the body.
  while (true) {
    let prefix = null;
    while ((prefix = TYPE_PREFIX.exec(code.slice(at, at + 40))) !== null) at += prefix[0].length;
    const end = operandEnd(code, at);
    if (end === at) return null;
    at = skipSpace(code, end);
    if (code[at] === "{") return at;
    if (TYPE_PREFIX.exec(code.slice(at, at + 40)) === null) return null;
  }
}

/** Behind a name, a literal or a bracketed type, and the type arguments or indexes that follow it. */
function operandEnd(code: string, place: number): number {
  let at = place;
  if ("([{".includes(code[at] ?? ".")) at = closing(code, at) + 1;
  else at += /^(?:[\w$.]+|(["'`]) *\1)?/.exec(code.slice(at, at + 200))![0].length;
  while (at > place && (code[at] === "<" || code[at] === "[")) {
    at = code[at] === "[" ? closing(code, at) + 1 : angleEnd(code, at);
  }
  return at;
}

function angleEnd(code: string, place: number): number {
  let depth = 0;
  for (let at = place; at < code.length; at++) {
    if (code[at] === "<") depth++;
    else if (code[at] === ">" && code[at - 1] !== "=" && --depth === 0) return at + 1;
  }
  return code.length;
}

function skipSpace(code: string, place: number): number {
  return place + /^\s*/.exec(code.slice(place))![0].length;
}
