import type { Command } from "commander";
import { given } from "../given.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { dueText } from "./schedule-text.ts";

export function pauseScheduleCommand(schedules: Command, shell: Shell): void {
  const command = schedules
    .command("pause")
    .summary("pause a schedule")
    .description("Pauses a schedule: it is not due until it is resumed.")
    .argument("<schedule-id>")
    .option("--note <text>", "why, for people")
    .action(
      (scheduleId: string, { note, ...options }: CallerOptions & { readonly note?: string }) =>
        withMillrace(shell, options, async (millrace) => {
          const call = { signal: shell.interrupted, ...given({ note }) };
          const paused = await millrace.schedules.pause(scheduleId, call);
          if (options.json) writeJson(shell, paused);
          else writeText(shell, "paused");
        }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules pause --note "until the move" documents~k7f3q2m9ab~nightly`,
    );
  callerOptions(command);
}

export function resumeScheduleCommand(schedules: Command, shell: Shell): void {
  const command = schedules
    .command("resume")
    .summary("resume a paused schedule")
    .description("Resumes a schedule. Due times during the pause are not made up for.")
    .argument("<schedule-id>")
    .action((scheduleId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const call = { signal: shell.interrupted };
        const resumed = await millrace.schedules.resume(scheduleId, call);
        if (options.json) return writeJson(shell, resumed);
        const [next] = resumed.nextTimes;
        writeText(
          shell,
          next === undefined ? "never due" : `due ${dueText(next, resumed.timeZone)}`,
        );
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules resume documents~k7f3q2m9ab~nightly`,
    );
  callerOptions(command);
}
