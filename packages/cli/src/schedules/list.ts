import type { Schedule } from "@millrace/client";
import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { writeList } from "../write-list.ts";
import { timingText } from "./schedule-text.ts";

interface Options extends CallerOptions {
  readonly queue: string;
}

export function listSchedulesCommand(schedules: Command, shell: Shell): void {
  const command = schedules
    .command("list")
    .summary("list schedules by name")
    .description("Lists the API key's schedules in a queue, by name.")
    .option("--queue <name>", "the queue", "documents")
    .action(({ queue, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const all = millrace.schedules.list({ queue }, { signal: shell.interrupted });
        await writeList(shell, all, { json: options.json, what: "schedules", tableOf });
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace schedules list
  $ millrace schedules list --json | jq -r 'select(.paused).id'`,
    );
  callerOptions(command);
}

const tableOf = (schedules: readonly Schedule[]): string =>
  table(
    ["SCHEDULE", "DUE", "JOB", "NEXT", "RUNS", "SKIPPED", "MISSED"],
    schedules.map((one) => [
      one.id,
      timingText(one),
      one.job.type,
      one.paused ? "paused" : (timeText(one.nextTimes[0]) ?? "never"),
      ...[one.runs, one.skipped, one.missed].map(String),
    ]),
  );
