import type { GroupChild } from "@millrace/client";
import type { Command } from "commander";
import { printableJson } from "../printable.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { wholeNumber } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { writeList } from "../write-list.ts";

interface Options extends CallerOptions {
  readonly limit: number;
}

export function groupChildrenCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("children")
    .summary("list the children of a group")
    .description(
      "Lists the children of a group in the order in which they joined, with what they gave.",
    )
    .argument("<group-id>")
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 100)
    .action((groupId: string, { limit, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const all = millrace.group(groupId).children({ signal: shell.interrupted });
        const none = "The group has no children.";
        await writeList(shell, all, { json: options.json, limit, what: "children", none, tableOf });
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace groups children documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace groups children --limit 0 --json "$id" | jq -c 'select(.state == "FAILED").failure'`,
    );
  callerOptions(command);
}

const tableOf = (children: readonly GroupChild[]): string =>
  table(
    ["#", "JOB", "STATE", "GAVE"],
    children.map((child) => [String(child.index), child.jobId, child.state, gaveOf(child)]),
  );

function gaveOf({ state, result, resultOmitted, failure }: GroupChild): string {
  if (failure !== undefined) return `${failure.reason}: ${failure.message}`;
  if (resultOmitted) return "(a long result: see the job)";
  return state === "SUCCEEDED" ? printableJson(result) : "";
}
