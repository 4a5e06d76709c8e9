import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function closeGroupCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("close")
    .summary("say that no more jobs will join a group")
    .description(
      "Closes a group: no more jobs may join it, and it ends when its children have ended.",
    )
    .argument("<group-id>")
    .action((groupId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const group = await millrace.group(groupId).close({ signal: shell.interrupted });
        if (options.json) writeJson(shell, group);
        else writeText(shell, group.state);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace groups close documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
