// The dashboard's files as texts, and the names under which a server gives them.

import page from "./page.html" with { type: "text" };
import script from "./page.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

/** A file that the page loads. */
export interface Asset {
  readonly contentType: string;
  readonly text: string;
}

/** What browsers are given. */
export interface Dashboard {
  /** The page. */
  readonly page: string;
  /** What it loads, by file name: `NAME.HASH.EXT`. Other contents have another name, so that a copy is good forever. */
  readonly assets: ReadonlyMap<string, Asset>;
}

const SOURCES = [
  { name: "page", extension: "js", contentType: "text/javascript; charset=utf-8", text: script },
  { name: "style", extension: "css", contentType: "text/css; charset=utf-8", text: style },
];
/** Hexadecimal digits of a hash: 64 bits tell all versions of a file apart. */
const HASH_DIGITS = 16;

/** The dashboard of a server below `basePath`, which is empty or has a leading and no trailing slash. */
export function dashboard(basePath: string, sha256: (text: string) => string): Dashboard {
  const base = basePath.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const assets = new Map<string, Asset>();
  let shell = page.replace("data-base", () => `data-base="${base}"`);
  for (const { name, extension, ...asset } of SOURCES) {
    const file = `${name}.${sha256(asset.text).slice(0, HASH_DIGITS)}.${extension}`;
    assets.set(file, asset);
    // Absolute, so that the page is whole at any address below the base path.
    shell = shell.replace(`"${name}.${extension}"`, () => `"${base}/ui/assets/${file}"`);
  }
  return { page: shell, assets };
}
