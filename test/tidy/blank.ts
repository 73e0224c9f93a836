// A small scanner that blanks what is no code, so that the tidy rules can look for words with plain patterns and
// find them only where they mean something. Comments, regexes and what stands in strings and templates become
// spaces; quotes and line ends stay, and so does the place of every character.

/** The same text with only its code left. */
export function blank(text: string): string {
  const out = text.split("");
  const hide = (from: number, to: number) => {
    for (let place = from; place < to; place++) if (out[place] !== "\n") out[place] = " ";
  };
  /** Of each open `${`: how many braces are open inside it. */
  const holes: number[] = [];
  /** The last place that held code, to tell a regex from a division. */
  let last = -1;
  let place = text.startsWith("#!") ? lineEnd(text, 0) : 0;
  hide(0, place);

  const template = (from: number) => {
    const end = templateEnd(text, from);
    hide(from, end);
    const isHole = text[end] === "$";
    if (isHole) holes.push(0);
    last = isHole ? end + 1 : end;
    place = last + 1;
  };

  while (place < text.length) {
    const char = text[place]!;
    const end = char === "/"
      ? commentEnd(text, place) ?? regexEnd(text, place, last)
      : char === '"' || char === "'"
      ? stringEnd(text, place)
      : null;
    if (end !== null) {
      if (char === "/") hide(place, end);
      else hide(place + 1, end - 1);
      if (!isComment(text, place)) last = end - 1;
      place = end;
    } else if (char === "`") template(place + 1);
    else if (char === "}" && holes.at(-1) === 0) {
      holes.pop();
      template(place + 1);
    } else {
      if (holes.length > 0 && char === "{") holes[holes.length - 1]!++;
      if (holes.length > 0 && char === "}") holes[holes.length - 1]!--;
      if (!/\s/.test(char)) last = place;
      place++;
    }
  }
  return out.join("");
}

/** Where the bracket that opens at `open` is closed, or the end of the text; for blanked code. */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (let place = open; place < code.length; place++) {
    const char = code[place]!;
    if ("([{".includes(char)) depth++;
    else if (")]}".includes(char) && --depth === 0) return place;
  }
  return code.length;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

function isComment(text: string, place: number): boolean {
  return text.startsWith("//", place) || text.startsWith("/*", place);
}

function commentEnd(text: string, place: number): number | null {
  if (text.startsWith("//", place)) return lineEnd(text, place);
  if (!text.startsWith("/*", place)) return null;
  const end = text.indexOf("*/", place + 2);
  return end === -1 ? text.length : end + 2;
}

/** Behind the closing quote; null where the line ends before it: then it is an apostrophe in the text of a JSX element. */
function stringEnd(text: string, place: number): number | null {
  for (let at = place + 1; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[place]) return at + 1;
  }
  return null;
}

/** At the closing backtick or at the next `${`. */
function templateEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "`" && !text.startsWith("${", at)) {
    at += text[at] === "\\" ? 2 : 1;
  }
  return Math.min(at, text.length);
}

const WORDS_BEFORE_REGEX =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield|instanceof)$/;

/** Behind a regex and its flags; null where the slash divides. */
function regexEnd(text: string, place: number, last: number): number | null {
  const before = text[last] ?? "(";
  const word = /[\w$]+$/.exec(text.slice(Math.max(0, last - 12), last + 1))?.[0];
  if (word === undefined ? /[)\]}"'`<]/.test(before) : !WORDS_BEFORE_REGEX.test(word)) return null;
  let isInClass = false;
  for (let at = place + 1; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "[") isInClass = true;
    else if (text[at] === "]") isInClass = false;
    else if (text[at] === "/" && !isInClass) {
      return at + 1 + /^[a-z]*/.exec(text.slice(at + 1, at + 10))![0].length;
    }
  }
  return null;
}
