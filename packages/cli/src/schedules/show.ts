import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { scheduleText } from "./schedule-text.ts";

export function showScheduleCommand(schedules: Command, shell: Shell): void {
  const command = schedules
    .command("show")
    .summary("show a schedule")
    .description("Shows a schedule, and its next five due times in its zone and in UTC.")
    .argument("<schedule-id>")
    .action((scheduleId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const schedule = await millrace.schedules.get(scheduleId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, schedule);
        else writeText(shell, scheduleText(schedule));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules show documents~k7f3q2m9ab~nightly`,
    );
  callerOptions(command);
}
