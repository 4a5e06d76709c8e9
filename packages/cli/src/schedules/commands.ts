import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { createScheduleCommand } from "./create.ts";
import { deleteScheduleCommand } from "./delete.ts";
import { listSchedulesCommand } from "./list.ts";
import { pauseScheduleCommand, resumeScheduleCommand } from "./pause.ts";
import { runScheduleCommand } from "./run.ts";
import { showScheduleCommand } from "./show.ts";
import { updateScheduleCommand } from "./update.ts";

export function scheduleCommands(program: Command, shell: Shell): void {
  const schedules = program
    .command("schedules")
    .helpCommand(false)
    .summary("submit jobs at due times")
    .description(
      "Commands for schedules: each submits a job at its due times, by a cron expression or an interval.",
    );
  for (const add of [
    createScheduleCommand,
    listSchedulesCommand,
    showScheduleCommand,
    updateScheduleCommand,
    pauseScheduleCommand,
    resumeScheduleCommand,
    runScheduleCommand,
    deleteScheduleCommand,
  ]) {
    add(schedules, shell);
  }
}
