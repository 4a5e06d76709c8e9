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
    .summary("list provider accounts with how they are")
    .description(
      "Lists provider accounts by name: what was used in the last minute and what runs, each beside its limit.",
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
            accounts.length === 0 ? "No provider accounts." : providerTable(accounts),
          );
        }
      }),
    )
    .addHelpText(
      "after",
      `
States: CLOSED: jobs run. COOLING_DOWN: the provider refused calls (REFUSED) or failed again and again (DOWN), and
is left alone until NEXT TRY. HALF_OPEN: one job probes whether that is over. EXHAUSTED: money or quota is
used up, until \`millrace providers reset\`.

Examples:
  $ millrace providers list
  $ millrace providers list --json | jq -r 'select(.state != "PROVIDER_STATE_CLOSED").account.name'`,
    );
  operatorOptions(command);
}
