// `hearty help`: the manual of a command, and the form of the configuration file.

import { z } from "zod";
import { hint, nearest, UsageError } from "../args.ts";
import { type Command, defineCommand, EXIT } from "../command.ts";
import { configSchema } from "../config.ts";
import { commandManual, programHelp } from "../help.ts";
import { flag } from "../options.ts";

/** Explains the commands that there are. */
export function helpCommand(commands: readonly Command[]): Command {
  const command: Command = defineCommand({
    name: "help",
    summary: "explains a command and all of its options",
    operands: { usage: "[COMMAND]", least: 0, most: 1 },
    table: z.strictObject({
      schema: flag(false, { help: "print the JSON Schema of the configuration file" }),
    }),
    example: "hearty help serve",
    async run({ out }, options, [name]) {
      const all = [...commands, command];
      await out.print(
        options.schema
          ? schemaText(all)
          : name === undefined
          ? programHelp(all)
          : manual(all, name),
      );
      return EXIT.done;
    },
  });
  return command;
}

function manual(commands: readonly Command[], name: string): string {
  const command = commands.find((c) => c.name === name);
  if (command !== undefined) return commandManual(command);
  const near = nearest(name, commands.map((c) => c.name));
  throw new UsageError(`Unknown command "${name}"${hint(near)}`);
}

function schemaText(commands: readonly Command[]): string {
  return `${JSON.stringify(configSchema(commands.map((c) => c.table)), null, 2)}\n`;
}
