import { AdminService, type Change, ChangeSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "./messages.ts";
import { note, writeText } from "./output.ts";
import type { Shell } from "./shell.ts";
import { table } from "./table.ts";
import { timeText } from "./times.ts";
import { wholeNumber } from "./values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "./with-admin.ts";

interface Options extends OperatorOptions {
  readonly limit: number;
}

const MOST_A_PAGE = 1_000;

export function changesCommand(program: Command, shell: Shell): void {
  const command = program
    .command("changes")
    .summary("list changes and who made them, newest first")
    .description(
      "Lists the changes that operators and the configuration file have made, newest first. A change is logged before it is made, so after a crash the newest one may not have been made.",
    )
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 20)
    .action((options: Options) =>
      withAdmin(shell, options, async (admin) => {
        const { limit, json } = options;
        const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
        const shown: Change[] = [];
        let pageToken = "";
        do {
          const pageSize = Math.min(most - shown.length, MOST_A_PAGE);
          const page = await admin.call(
            AdminService.method.listChanges,
            { pageSize, pageToken },
            { signal: shell.interrupted },
          );
          if (json) for (const change of page.changes) writeMessage(shell, ChangeSchema, change);
          shown.push(...page.changes);
          pageToken = page.nextPageToken;
        } while (pageToken !== "" && shown.length < most);
        if (!json) writeText(shell, shown.length === 0 ? "There are no changes." : tableOf(shown));
        if (pageToken !== "") note(shell, "There may be more: --limit 0 shows all.");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace changes
  $ millrace changes --limit 0 --json | jq -c 'select(.actor == "anna")'`,
    );
  operatorOptions(command);
}

const tableOf = (shown: readonly Change[]): string =>
  table(
    ["TIME", "ACTOR", "ACTION", "SUBJECT", "DETAIL"],
    shown.map(({ time, actor, action, subject, detailJson }) => [
      timeText(time) ?? "",
      actor,
      action,
      subject,
      detailJson,
    ]),
  );
