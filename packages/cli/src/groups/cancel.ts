import type { Command } from "commander";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

interface Options extends CallerOptions {
  readonly reason?: string;
}

export function cancelGroupCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("cancel")
    .summary("cancel a group with all of its jobs")
    .description("Cancels a group: its children, also those that run, and its finalizer.")
    .argument("<group-id>")
    .option("--reason <text>", "a reason that is kept with the group and its children")
    .action((groupId: string, { reason, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const group = await millrace.group(groupId).cancel({
          signal: shell.interrupted,
          ...given({ reason }),
        });
        if (options.json) return writeJson(shell, group);
        writeText(shell, group.state);
        if (group.state === "RUNNING" || group.state === "OPEN")
          note(
            shell,
            "The children are being cancelled. The group is CANCELLED when all have ended.",
          );
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace groups cancel --reason "wrong files" documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
