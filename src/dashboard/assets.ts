// The dashboard's files as texts, and the names under which a server gives them. A name holds the hash of its
// contents, so that a copy is good forever.

import address from "./address.js" with { type: "text" };
import api from "./api.js" with { type: "text" };
import board from "./board.js" with { type: "text" };
import elements from "./elements.js" with { type: "text" };
import figures from "./figures.js" with { type: "text" };
import job from "./job.js" with { type: "text" };
import jobs from "./jobs.js" with { type: "text" };
import page from "./page.js" with { type: "text" };
import plot from "./plot.js" with { type: "text" };
import stream from "./stream.js" with { type: "text" };
import shell from "./page.html" with { type: "text" };
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
  /** What it loads, by file name: `NAME.HASH.EXT`. */
  readonly assets: ReadonlyMap<string, Asset>;
}

const SCRIPTS: Readonly<Record<string, string>> = {
  address,
  api,
  board,
  elements,
  figures,
  job,
  jobs,
  page,
  plot,
  stream,
};
/** 64 bits tell all versions of a file apart. */
const HASH_DIGITS = 16;

/** The dashboard of a server below `basePath`, which is empty or has a leading and no trailing slash. */
export function dashboard(basePath: string, sha256: (text: string) => string): Dashboard {
  const assets = new Map<string, Asset>();
  const files = new Map<string, string>();
  const base = basePath.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const styleFile = add("style", "css", { contentType: "text/css; charset=utf-8", text: style });
  const html = shell.replace("data-base", () => `data-base="${base}"`)
    // Absolute, so that the page is whole at any address below the base path.
    .replace('"style.css"', () => `"${base}/ui/assets/${styleFile}"`)
    .replace('"page.js"', () => `"${base}/ui/assets/${scriptFile("page")}"`);
  return { page: html, assets };

  /** A script's file, whose name changes with those of all that it imports. */
  function scriptFile(name: string): string {
    const known = files.get(name);
    if (known !== undefined) return known;
    const text = SCRIPTS[name]!.replace(
      /(?<= from "\.\/)(\w+)\.js(?=";$)/gm,
      (_, imported: string) => scriptFile(imported),
    );
    const file = add(name, "js", { contentType: "text/javascript; charset=utf-8", text });
    files.set(name, file);
    return file;
  }

  function add(name: string, extension: string, asset: Asset): string {
    const file = `${name}.${sha256(asset.text).slice(0, HASH_DIGITS)}.${extension}`;
    assets.set(file, asset);
    return file;
  }
}
