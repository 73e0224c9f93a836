// `hearty serve`: a server, until it is told to stop.

import { z } from "zod";
import { type Context, defineCommand, NO_OPERANDS } from "../command.ts";
import { loadDefault } from "../load.ts";
import { serveOptions } from "../serve-options.ts";
import { untilStopped } from "../until-stopped.ts";
import { UsageError } from "../args.ts";

/** Runs a server. */
export const serveCommand = defineCommand({
  name: "serve",
  summary: "runs a server; its first line on stdout says where it listens",
  operands: NO_OPERANDS,
  table: z.strictObject(serveOptions),
  example: "hearty serve --store file:jobs.db --port 8080",
  async run(context, options) {
    const application = await loadApplication(context, options.app);
    // Loaded here, so that no other command waits for all of the server's code.
    const { startServer } = await import("../server.ts");
    return await untilStopped(context, async () => {
      const server = await startServer(context, options, application);
      await context.out.announce(`listening on ${server.url}`);
      return server;
    });
  },
});

async function loadApplication(context: Context, file: string | undefined): Promise<object> {
  if (file === undefined) return {};
  const application = await loadDefault(context, file);
  if (typeof application === "object" && application !== null) return application;
  throw new UsageError(
    `Cannot use the application "${file}": its default export is no object of options`,
  );
}
