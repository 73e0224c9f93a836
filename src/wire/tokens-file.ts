// The tokens file: who may call a server with which bearer token. It holds hashes only, so that whoever reads it can
// call nobody's server.

import { z } from "zod";
import { isName } from "../core/ids.ts";
import type { Priority } from "../core/terms.ts";
import { prioritySchema } from "./patch.ts";

/** What somebody may do. `client`: post, read, withdraw; `viewer`: read everything; `admin`: both and all operators' calls; `worker`: connect as a worker. */
export type Role = "client" | "viewer" | "admin" | "worker";

/** One token. */
export interface TokenEntry {
  /** What people call it; unique. */
  readonly name: string;
  /** SHA-256 of its UTF-8 bytes: `sha256:` and 64 lower-case hexadecimal digits; unique. */
  readonly hash: string;
  /** Whom its bearer acts for. */
  readonly owner: string;
  readonly roles: readonly Role[];
  /** The highest class that its bearer may use. Default 9. */
  readonly maxPriority: Priority;
}

/** Most tokens of a file. Every call is compared with all of them. */
const TOKENS_MAX = 10_000;

const nameSchema = z.string().refine(isName, {
  message: "Wanted are 1 to 128 of the characters A-Z a-z 0-9 . _ : @ | + -",
});

const tokensFileSchema = z.strictObject({
  tokens: z.array(z.strictObject({
    name: nameSchema,
    hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, {
      message: "Wanted is sha256: and 64 lower-case hexadecimal digits",
    }),
    owner: nameSchema,
    roles: z.array(z.enum(["client", "viewer", "admin", "worker"])).min(1),
    maxPriority: prioritySchema.default(9),
  })).max(TOKENS_MAX),
}).superRefine(({ tokens }, context) => {
  for (const member of ["name", "hash"] as const) {
    const seen = new Set<string>();
    for (const [index, token] of tokens.entries()) {
      if (seen.has(token[member])) {
        const message = "Another token has the same";
        context.addIssue({ code: "custom", path: ["tokens", index, member], message });
      }
      seen.add(token[member]);
    }
  }
});

/**
 * The tokens of a file's text.
 * @throws {SyntaxError} that names the first fault, and no hash.
 */
export function parseTokensFile(text: string): readonly TokenEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message repeats a part of the text.
    throw new SyntaxError("Cannot read the tokens file: it is not JSON");
  }
  const { data, error } = tokensFileSchema.safeParse(value);
  if (data) return data.tokens;
  const { path, message } = error.issues[0]!;
  const where = path.length > 0 ? `"${path.join(".")}": ` : "";
  throw new SyntaxError(`Cannot read the tokens file: ${where}${message}`);
}
