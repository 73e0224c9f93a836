// `hearty watch`: a promise until its end.

import { z } from "zod";
import { createClient } from "../../client/mod.ts";
import { defineCommand, interruptible } from "../command.ts";
import { integer, option, serverOptions } from "../options.ts";
import { parseExact, printResult } from "../results.ts";

/** Follows a promise and prints its items as they come, or its value. */
export const watchCommand = defineCommand({
  name: "watch",
  summary: "follows a promise until it ends; prints its result as it comes",
  operands: { usage: "ID", least: 1, most: 1 },
  table: z.strictObject({
    from: option(integer(0, Number.MAX_SAFE_INTEGER).default(0), {
      value: "SEQ",
      help: "the first item of a stream that is wanted",
    }),
    ...serverOptions,
  }),
  example: "hearty watch 01935e4c-7a7b-7000-8a3f-0123456789ab",
  async run(context, options, operands) {
    const id = operands[0]!;
    const client = createClient({ url: options.server, token: options.token, parse: parseExact });
    // A first look, so that a server that is not there is told at once and not waited for.
    await client.get(id);
    return await interruptible(context, async (signal) => {
      try {
        return await printResult(context.out, client, {
          id,
          isJson: options.json,
          from: options.from,
          signal,
        });
      } finally {
        if (signal.aborted) {
          context.out.say(`No longer watching: come back with hearty watch ${id}`);
        }
      }
    });
  },
});
