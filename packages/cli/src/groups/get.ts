import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { groupText } from "./group-text.ts";

export function getGroupCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("get")
    .summary("show a group")
    .description("Shows a group, and how many of its children have ended.")
    .argument("<group-id>")
    .action((groupId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const group = await millrace.group(groupId).get({ signal: shell.interrupted });
        if (options.json) writeJson(shell, group);
        else writeText(shell, groupText(group));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace groups get documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
