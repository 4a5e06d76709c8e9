import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function removeModelCommand(models: Command, shell: Shell): void {
  const command = models
    .command("remove")
    .summary("remove a model")
    .description(
      "Removes a model from the catalogue. New jobs that name it are refused. Jobs that wait for it wait until a model of this name is put again. Running attempts continue.",
    )
    .argument("<name>", "the name of the model; an alias does not count")
    .action((name: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { method } = AdminService;
        await admin.call(method.deleteModel, { name }, { signal: shell.interrupted });
        if (options.json) writeJson(shell, { name, removed: true });
        else writeText(shell, `${name} is removed.`);
      }),
    )
    .addHelpText("after", "\nExamples:\n  $ millrace models remove gpt-4");
  operatorOptions(command);
}
