// `hearty version`, also `hearty --version`.

import { z } from "zod";
import manifest from "../../../package.json" with { type: "json" };
import { defineCommand, EXIT, NO_OPERANDS } from "../command.ts";
import { flag } from "../options.ts";

/** Tells the versions of the program and of the runtime. */
export const versionCommand = defineCommand({
  name: "version",
  summary: "tells the version",
  operands: NO_OPERANDS,
  table: z.strictObject({ json: flag(false, { help: "as JSON" }) }),
  example: "hearty --version",
  async run({ out, runtime }, options) {
    const hearty = manifest.version;
    const own = { hearty, [runtime.name]: runtime.version };
    const line = `hearty ${hearty} (${runtime.name} ${runtime.version})`;
    await out.print(`${options.json ? JSON.stringify(own) : line}\n`);
    return EXIT.done;
  },
});
