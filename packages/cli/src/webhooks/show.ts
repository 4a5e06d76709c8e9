import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { WebhookOwner } from "./owner.ts";
import { deliveryText, endpointText } from "./webhook-text.ts";

export function showWebhookCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("show")
    .summary("show an endpoint or a delivery")
    .description(
      "Shows an endpoint, or a delivery with its body and what the receiver answered to each request.",
    )
    .argument("<id>", "the id of an endpoint (we_…) or of a delivery (millrace-webhooks~…)")
    .action((id: string, options: ConnectionOptions) =>
      owner.run(shell, options, async (calls) => {
        const call = { signal: shell.interrupted };
        if (id.includes("~")) {
          const delivery = await calls.delivery(id, call);
          return options.json
            ? writeJson(shell, delivery)
            : writeText(shell, deliveryText(delivery));
        }
        const endpoint = await calls.get(id, call);
        if (options.json) writeJson(shell, endpoint);
        else writeText(shell, endpointText(endpoint));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} show we_01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace ${owner.group} show millrace-webhooks~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  owner.options(command);
}
