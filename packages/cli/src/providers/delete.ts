import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function deleteProviderCommand(providers: Command, shell: Shell): void {
  const command = providers
    .command("delete")
    .summary("delete a provider account")
    .description(
      "Deletes a provider account. Its limits then no longer hold the jobs that name it as their pool.",
    )
    .argument("<name>")
    .action((name: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { method } = AdminService;
        await admin.call(method.deleteProviderAccount, { name }, { signal: shell.interrupted });
        if (options.json) writeJson(shell, { name, deleted: true });
        else writeText(shell, `${name} is deleted.`);
      }),
    )
    .addHelpText("after", "\nExamples:\n  $ millrace providers delete openai/gpt-5");
  operatorOptions(command);
}
