import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { given } from "../given.ts";
import { required } from "../messages.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type BudgetOptions, budgetOptions, changedBudget } from "./budget.ts";
import { showSecret } from "./show-key.ts";

export function createKeyCommand(keys: Command, shell: Shell): void {
  const command = keys
    .command("create")
    .summary("create an API key")
    .description(
      "Creates an API key and prints it. The key is shown only once, because Millrace stores only a hash of its secret.",
    )
    .argument("<name>", "a name for people, for example the service that will use the key")
    .action((name: string, options: OperatorOptions & BudgetOptions) =>
      withAdmin(shell, options, async (admin) => {
        const request = { name, ...given({ budget: changedBudget(undefined, options) }) };
        const { method } = AdminService;
        const { apiKey, key } = await admin.call(method.createApiKey, request, {
          signal: shell.interrupted,
        });
        showSecret(shell, options, required(apiKey), key);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace keys create shop
  $ millrace keys create batch --max-running 4 --tokens-per-minute 90000 --weight 0.5
  $ millrace keys create shop > shop.key    # the key alone goes into the file`,
    );
  operatorOptions(budgetOptions(command));
}
