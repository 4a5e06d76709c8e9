import { ModelStatusSchema } from "@millrace/proto/admin-model";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { allModels } from "./all-models.ts";
import { modelTable } from "./model-text.ts";

export function listModelsCommand(models: Command, shell: Shell): void {
  const command = models
    .command("list")
    .summary("list models")
    .description(
      "Lists the models of the catalogue by name, with their routes in order of preference.",
    )
    .action((options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const models = await allModels(admin, shell.interrupted);
        if (options.json) {
          for (const one of models) writeMessage(shell, ModelStatusSchema, one);
        } else {
          writeText(shell, models.length === 0 ? "There are no models." : modelTable(models));
        }
      }),
    )
    .addHelpText(
      "after",
      `
PRICE is in US dollars per million tokens: input/cached input/output. NOT SERVED has the accounts of routes that no
connected worker serves.

Examples:
  $ millrace models list
  $ millrace models list --json | jq -r 'select(.unservedAccounts != []).model.name'`,
    );
  operatorOptions(command);
}
