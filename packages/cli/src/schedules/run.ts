import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function runScheduleCommand(schedules: Command, shell: Shell): void {
  const command = schedules
    .command("run")
    .summary("submit a job of a schedule now")
    .description(
      "Submits a job now and prints its id, whatever the overlap policy, and also while the schedule is paused. The due times stay.",
    )
    .argument("<schedule-id>")
    .action((scheduleId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const call = { signal: shell.interrupted };
        const { jobId } = await millrace.schedules.runNow(scheduleId, call);
        if (options.json) writeJson(shell, { jobId });
        else writeText(shell, jobId);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace watch "$(millrace schedules run documents~k7f3q2m9ab~nightly)"`,
    );
  callerOptions(command);
}
