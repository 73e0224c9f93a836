// `hearty cancel`: the caller no longer wants a promise.

import { z } from "zod";
import { createClient } from "../../client/mod.ts";
import { defineCommand, EXIT } from "../command.ts";
import { option, serverOptions, text } from "../options.ts";

/** Withdraws the caller's interest in a promise. */
export const cancelCommand = defineCommand({
  name: "cancel",
  summary: "withdraws your interest; a job that nobody wants any more is stopped",
  operands: { usage: "ID", least: 1, most: 1 },
  table: z.strictObject({
    queue: option(text().optional(), { value: "NAME", help: "only in this queue of yours" }),
    owner: option(text().optional(), { value: "NAME", help: "whose interest, if not your own" }),
    ...serverOptions,
  }),
  example: "hearty cancel 01935e4c-7a7b-7000-8a3f-0123456789ab",
  async run({ out }, options, operands) {
    const id = operands[0]!;
    const client = createClient({ url: options.server, token: options.token });
    await client.cancel(id, { queue: options.queue, owner: options.owner });
    if (options.json) await out.print(`${JSON.stringify(await client.get(id))}\n`);
    else out.say(`Withdrawn from ${id}`);
    return EXIT.done;
  },
});
