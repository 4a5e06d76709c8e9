import { AdminService, ApiKeySchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { given } from "../given.ts";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import { readAndChange } from "../read-and-change.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type BudgetOptions, budgetOptions, changedBudget } from "./budget.ts";
import { findKey } from "./find-key.ts";
import { keyTable } from "./show-key.ts";

interface Options extends OperatorOptions, BudgetOptions {
  readonly name?: string;
}

export function updateKeyCommand(keys: Command, shell: Shell): void {
  const command = keys
    .command("update")
    .summary("change an API key's budget or name")
    .description(
      "Changes the given values and leaves the rest. A new budget applies from the next lease on.",
    )
    .argument("<key-id>", "the id that keys list shows")
    .option("--name <name>", "the new name")
    .action((keyId: string, { name, ...options }: Options) => {
      if (name === undefined && changedBudget(undefined, options) === undefined) {
        throw new Failure(exitCodes.usage, "Nothing to change: give --name or a limit.");
      }
      return withAdmin(shell, options, async (admin) => {
        const { apiKey } = await readAndChange(async () => {
          // The update replaces the whole budget, so this reads it first.
          const before = await findKey(admin, keyId, shell.interrupted);
          const budget = changedBudget(before?.budget, options);
          const request = { keyId, ...given({ name, budget }), etag: before?.etag ?? "" };
          return admin.call(AdminService.method.updateApiKey, request, {
            signal: shell.interrupted,
          });
        });
        if (options.json) writeMessage(shell, ApiKeySchema, apiKey);
        else writeText(shell, keyTable([required(apiKey)]));
      });
    })
    .addHelpText(
      "after",
      `
"none" removes a limit.

Examples:
  $ millrace keys update k7f3q2m9ab --max-running 8
  $ millrace keys update k7f3q2m9ab --tokens-per-day none --name "shop, Berlin"`,
    );
  operatorOptions(budgetOptions(command));
}
