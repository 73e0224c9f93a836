// `hearty get`: what is there now.

import { z } from "zod";
import { createClient } from "../../client/mod.ts";
import { defineCommand, EXIT } from "../command.ts";
import { serverOptions } from "../options.ts";
import { visible } from "../output.ts";
import { parseExact, printResult, statusLine } from "../results.ts";

/** Fetches a result if it is there, and says so if it is not. */
export const getCommand = defineCommand({
  name: "get",
  summary: "prints a result as it is stored; exit code 3 if it is not there yet",
  operands: { usage: "ID", least: 1, most: 1 },
  table: z.strictObject(serverOptions),
  example: "hearty get 01935e4c-7a7b-7000-8a3f-0123456789ab > result.json",
  async run({ out }, options, operands) {
    const id = operands[0]!;
    const client = createClient({ url: options.server, token: options.token, parse: parseExact });
    const promise = await client.get(id);
    if (options.json) await out.print(`${JSON.stringify(promise)}\n`);
    else if (promise.state !== "pending") {
      return await printResult(out, client, { id, isJson: false });
    } else out.say(visible(statusLine(promise)));
    return { pending: EXIT.pending, fulfilled: EXIT.done, rejected: EXIT.failed }[promise.state];
  },
});
