import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { stateText, typesText } from "./webhook-text.ts";

export function listWebhooksCommand(webhooks: Command, shell: Shell): void {
  const command = webhooks
    .command("list")
    .summary("list endpoints, oldest first")
    .description("Lists the API key's endpoints, oldest first.")
    .action((options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const endpoints = await millrace.webhooks.list({ signal: shell.interrupted });
        if (options.json) {
          for (const endpoint of endpoints) writeJson(shell, endpoint);
          return;
        }
        const rows = endpoints.map((one) => [
          ...[one.id, one.name, one.url, typesText(one), stateText(one)],
        ]);
        writeText(
          shell,
          rows.length === 0
            ? "There are no webhook endpoints."
            : table(["ENDPOINT", "NAME", "URL", "EVENTS", "STATE"], rows),
        );
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace webhooks list
  $ millrace webhooks list --json | jq -r 'select(.enabled | not).url'`,
    );
  callerOptions(command);
}
