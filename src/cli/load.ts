// A user's module.

import { CommandError, type Context, traceOf } from "./command.ts";

/**
 * The default export of a user's module.
 * @throws {CommandError} if it cannot be loaded, or has none.
 */
export async function loadDefault({ runtime }: Context, file: string): Promise<unknown> {
  let module: Record<string, unknown>;
  try {
    module = await runtime.importFile(file);
  } catch (cause) {
    // The stack is the user's own: it says which line of which file.
    throw new CommandError(`Cannot load "${file}": ${traceOf(cause)}`, { cause });
  }
  if (module.default === undefined) {
    throw new CommandError(`Cannot use "${file}": it has no default export`);
  }
  return module.default;
}
