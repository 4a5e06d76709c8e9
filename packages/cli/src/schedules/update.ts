import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { callerOptions, withMillrace } from "../with-millrace.ts";
import { jobOf, type ScheduleOptions, scheduleOptions, timingOf } from "./schedule-options.ts";
import { scheduleText } from "./schedule-text.ts";

interface Options extends ScheduleOptions {
  readonly type?: string;
}

export function updateScheduleCommand(schedules: Command, shell: Shell): void {
  const command = scheduleOptions(
    schedules
      .command("update")
      .summary("change a schedule")
      .description(
        "Changes what the flags name. With --type, the flags describe the whole new job; without it, the job stays.",
      )
      .argument("<schedule-id>")
      .option("--type <type>", "the type of its jobs"),
  )
    .action((scheduleId: string, options: Options) => {
      const { type } = options;
      const { type: _, ...ofJob } = jobOf("", options);
      if (type === undefined && Object.keys(ofJob).length > 0) {
        throw new Failure(exitCodes.usage, "Flags of the job need --type: they replace the job.");
      }
      return withMillrace(shell, options, async (millrace) => {
        const job = type === undefined ? {} : { job: jobOf(type, options) };
        const updated = await millrace.schedules.update(
          ...([scheduleId, { ...timingOf(options), ...job }] as const),
          { signal: shell.interrupted },
        );
        for (const warning of updated.warnings) note(shell, `warning: ${warning}`);
        if (options.json) writeJson(shell, updated);
        else writeText(shell, scheduleText(updated));
      });
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules update documents~k7f3q2m9ab~nightly --cron "0 3 * * *"`,
    );
  callerOptions(command);
}
