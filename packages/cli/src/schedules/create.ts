import type { Command } from "commander";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { callerOptions, withMillrace } from "../with-millrace.ts";
import { jobOf, type ScheduleOptions, scheduleOptions, timingOf } from "./schedule-options.ts";
import { scheduleText } from "./schedule-text.ts";

interface Options extends ScheduleOptions {
  readonly queue: string;
}

export function createScheduleCommand(schedules: Command, shell: Shell): void {
  const command = scheduleOptions(
    schedules
      .command("create")
      .summary("create a schedule")
      .description("Creates a schedule and shows it with its next five due times.")
      .argument("<name>", "unique among the key's schedules in the queue")
      .argument("<type>", "the type of its jobs")
      .option("--queue <name>", "the queue of its jobs", "documents"),
  )
    .action((name: string, type: string, options: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const job = { queue: options.queue, ...jobOf(type, options) };
        const schedule = { name, job, ...timingOf(options) };
        const created = await millrace.schedules.create(schedule, { signal: shell.interrupted });
        for (const warning of created.warnings) note(shell, `warning: ${warning}`);
        if (options.json) writeJson(shell, created);
        else writeText(shell, scheduleText(created));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules create nightly summarize --cron "30 2 * * *" --time-zone Europe/Berlin
  $ millrace schedules create poll chat --every 15m --overlap buffer_one --payload @poll.json`,
    );
  callerOptions(command);
}
