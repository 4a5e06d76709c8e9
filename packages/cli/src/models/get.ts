import { ModelStatusSchema } from "@millrace/proto/admin-model";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { modelText } from "./model-text.ts";

export function getModelCommand(models: Command, shell: Shell): void {
  const command = models
    .command("get")
    .summary("show a model")
    .description("Shows a model with its routes, prices and sizes.")
    .argument("<name>", "the name of the model, or an alias")
    .action((name: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { method } = AdminService;
        const { model } = await admin.call(
          method.getModel,
          { name },
          { signal: shell.interrupted },
        );
        if (options.json) writeMessage(shell, ModelStatusSchema, model);
        else writeText(shell, modelText(required(model)));
      }),
    )
    .addHelpText("after", "\nExamples:\n  $ millrace models get gpt-5");
  operatorOptions(command);
}
