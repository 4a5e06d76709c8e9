import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function deleteScheduleCommand(schedules: Command, shell: Shell): void {
  const command = schedules
    .command("delete")
    .summary("delete a schedule")
    .description("Deletes a schedule. The jobs that it has submitted stay.")
    .argument("<schedule-id>")
    .action((scheduleId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        await millrace.schedules.delete(scheduleId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, { deleted: scheduleId });
        else writeText(shell, "deleted");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules delete documents~k7f3q2m9ab~nightly`,
    );
  callerOptions(command);
}
