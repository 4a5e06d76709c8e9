import { AdminService, ProviderAccountStatusSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { providerTable } from "./provider-text.ts";

export function listProvidersCommand(providers: Command, shell: Shell): void {
  const command = providers
    .command("list")
    .summary("list provider accounts and their state")
    .description(
      "Lists provider accounts by name, with the usage of the last minute and the running jobs, each next to its limit.",
    )
    .action((options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { accounts } = await admin.call(
          AdminService.method.listProviderAccounts,
          {},
          { signal: shell.interrupted },
        );
        if (options.json) {
          for (const one of accounts) writeMessage(shell, ProviderAccountStatusSchema, one);
        } else {
          writeText(
            shell,
            accounts.length === 0 ? "There are no provider accounts." : providerTable(accounts),
          );
        }
      }),
    )
    .addHelpText(
      "after",
      `
States: CLOSED: jobs run. COOLING_DOWN: the provider refused calls (REFUSED), or several calls in a row failed or met
a key that it does not accept (DOWN), so no job starts until NEXT TRY. HALF_OPEN: one job probes whether that is
over. EXHAUSTED: the money or quota is used up, until \`millrace providers reset\`.

Examples:
  $ millrace providers list
  $ millrace providers list --json | jq -r 'select(.state != "PROVIDER_STATE_CLOSED").account.name'`,
    );
  operatorOptions(command);
}
