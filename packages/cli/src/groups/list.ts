import type { Group } from "@millrace/client";
import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { wholeNumber } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { writeList } from "../write-list.ts";
import { progressText } from "./group-text.ts";

interface Options extends CallerOptions {
  readonly queue: string;
  readonly limit: number;
}

const MOST_A_PAGE = 500;

export function listGroupsCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("list")
    .summary("list groups, newest first")
    .description("Lists the API key's groups in a queue, newest first.")
    .option("--queue <name>", "the queue", "documents")
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 20)
    .action(({ queue, limit, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const pageSize = limit === 0 ? MOST_A_PAGE : Math.min(limit, MOST_A_PAGE);
        const all = millrace.listGroups({ queue, pageSize }, { signal: shell.interrupted });
        await writeList(shell, all, { json: options.json, limit, what: "groups", tableOf });
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace groups list --limit 100
  $ millrace groups list --json | jq -r 'select(.state == "OPEN").id'`,
    );
  callerOptions(command);
}

const tableOf = (groups: readonly Group[]): string =>
  table(
    ["GROUP", "STATE", "CHILDREN", "CREATED", "FINISHED"],
    groups.map((group) => [
      group.id,
      group.state,
      progressText(group.progress),
      timeText(group.createTime) ?? "",
      timeText(group.finishTime) ?? "",
    ]),
  );
