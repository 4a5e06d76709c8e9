import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import type { WebhookOwner } from "./owner.ts";
import { queuesText, stateText, typesText } from "./webhook-text.ts";

export function listWebhooksCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("list")
    .summary("list endpoints, oldest first")
    .description(`Lists ${owner.whose} endpoints, oldest first.`)
    .action((options: ConnectionOptions) =>
      owner.run(shell, options, async (calls) => {
        const endpoints = await calls.list({ signal: shell.interrupted });
        if (options.json) {
          for (const endpoint of endpoints) writeJson(shell, endpoint);
          return;
        }
        const rows = endpoints.map((one) => [
          ...[one.id, one.name, one.url, typesText(one), queuesText(one), stateText(one)],
        ]);
        writeText(
          shell,
          rows.length === 0
            ? "There are no webhook endpoints."
            : table(["ENDPOINT", "NAME", "URL", "EVENTS", "QUEUES", "STATE"], rows),
        );
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} list
  $ millrace ${owner.group} list --json | jq -r 'select(.enabled | not).url'`,
    );
  owner.options(command);
}
