import { ApiKeySchema, type BudgetUse } from "@millrace/proto/admin-service";
import { ConstraintKind } from "@millrace/proto/job-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { findKey } from "./find-key.ts";
import { keyTable } from "./show-key.ts";

export function showKeyCommand(keys: Command, shell: Shell): void {
  const command = keys
    .command("show")
    .summary("show an API key, and what it uses now")
    .description(
      "Shows an API key with its budget, and how much of each limit it uses now in each queue.",
    )
    .argument("<key-id>", "the id that keys list shows")
    .action((keyId: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const key = await findKey(admin, keyId, shell.interrupted);
        if (key === undefined)
          throw new Failure(exitCodes.notFound, `There is no API key ${keyId}.`);
        if (options.json) return writeMessage(shell, ApiKeySchema, key);
        writeText(shell, `${keyTable([key], true)}\n\n${useTable(key.budgetUse)}`);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace keys show k7f3q2m9ab`,
    );
  operatorOptions(command);
}

const useTable = (uses: readonly BudgetUse[]): string =>
  uses.length === 0
    ? "It uses nothing now."
    : table(
        ["QUEUE", "LIMIT OF", "USED", "LIMIT", "FREE AGAIN"],
        uses.map(({ queue, kind, used, limit, clearTime }) => [
          queue,
          ConstraintKind[kind],
          String(used),
          limit === 0n ? "-" : String(limit),
          timeText(clearTime) ?? "",
        ]),
      );
