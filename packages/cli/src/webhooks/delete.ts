import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { WebhookOwner } from "./owner.ts";

export function deleteWebhookCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("delete")
    .summary("delete an endpoint")
    .description("Deletes an endpoint. What waits to be sent to it is not sent.")
    .argument("<endpoint-id>")
    .action((endpointId: string, options: ConnectionOptions) =>
      owner.run(shell, options, async (calls) => {
        await calls.delete(endpointId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, { deleted: endpointId });
        else writeText(shell, `${endpointId} is deleted.`);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} delete we_01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  owner.options(command);
}
