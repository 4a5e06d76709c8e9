import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { followGroup } from "./follow-group.ts";

export function watchGroupCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("watch")
    .summary("follow a group's progress to its end")
    .description(
      "Shows how many children have ended until the group has finished. After a cut it continues by itself. Ctrl-C stops watching, and the group goes on.",
    )
    .argument("<group-id>")
    .action((groupId: string, options: CallerOptions) =>
      withMillrace(shell, options, (millrace) =>
        followGroup(shell, millrace.group(groupId), options.json ?? false),
      ),
    )
    .addHelpText(
      "after",
      `
With --json, each change is one line: the group.

Examples:
  $ millrace groups watch documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace groups watch --json "$id" | jq .progress`,
    );
  callerOptions(command);
}
