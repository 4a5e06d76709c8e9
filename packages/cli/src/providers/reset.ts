import { AdminService, ProviderAccountStatusSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { providerTable } from "./provider-text.ts";

export function resetProviderCommand(providers: Command, shell: Shell): void {
  const command = providers
    .command("reset")
    .summary("let an account's jobs run again")
    .description(
      "Ends a provider account's cool-down at once, treats a used-up quota as refilled, and forgets the limit that refusals have set.",
    )
    .argument("<name>")
    .action((name: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { account } = await admin.call(
          AdminService.method.resetProviderAccount,
          { name },
          { signal: shell.interrupted },
        );
        if (options.json) writeMessage(shell, ProviderAccountStatusSchema, account);
        else writeText(shell, providerTable([required(account)]));
      }),
    )
    .addHelpText("after", "\nExamples:\n  $ millrace providers reset openai/gpt-5");
  operatorOptions(command);
}
