import { AdminService, type DeadLetter, DeadLetterSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { note, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { wholeNumber } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type FilterOptions, filterOf, filterOptions } from "./filter.ts";

interface Options extends OperatorOptions, FilterOptions {
  readonly limit: number;
}

const MOST_A_PAGE = 500;

export function listDeadLettersCommand(deadLetters: Command, shell: Shell): void {
  const command = deadLetters
    .command("list")
    .summary("list dead letters, newest first")
    .description("Lists a queue's dead letters, newest first.")
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 20)
    .action((options: Options) =>
      withAdmin(shell, options, async (admin) => {
        const { limit, json } = options;
        const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
        const shown: DeadLetter[] = [];
        let pageToken = "";
        do {
          const pageSize = Math.min(most - shown.length, MOST_A_PAGE);
          const request = { filter: filterOf(options), pageSize, pageToken };
          const page = await admin.call(AdminService.method.listDeadLetters, request, {
            signal: shell.interrupted,
          });
          if (json) for (const one of page.deadLetters) writeMessage(shell, DeadLetterSchema, one);
          shown.push(...page.deadLetters);
          pageToken = page.nextPageToken;
        } while (pageToken !== "" && shown.length < most);
        if (!json) {
          const none = `There are no such dead letters in ${options.queue}.`;
          writeText(shell, shown.length === 0 ? none : tableOf(shown));
        }
        if (pageToken !== "") note(shell, "There may be more: --limit 0 shows all.");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace dead-letters list --queue documents --reason PROVIDER_ERROR --since 2027-01-31T08:00:00Z`,
    );
  operatorOptions(filterOptions(command, shell));
}

const tableOf = (shown: readonly DeadLetter[]): string =>
  table(
    ["JOB", "TYPE", "FAILED", "ATTEMPTS", "REASON", "MESSAGE"],
    shown.map(({ job, deadTime }) => [
      job?.id ?? "",
      job?.type ?? "",
      timeText(deadTime) ?? "",
      String(job?.attempt ?? ""),
      job?.failure?.reason ?? "",
      job?.failure?.message ?? "",
    ]),
  );
