import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { WebhookOwner } from "./owner.ts";

export function testWebhookCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("test")
    .summary("send a test event to an endpoint")
    .description(
      'Sends an event of type "webhook.test" to an endpoint, also to a disabled one, and prints the delivery\'s id.',
    )
    .argument("<endpoint-id>")
    .action((endpointId: string, options: ConnectionOptions) =>
      owner.run(shell, options, async (calls) => {
        const delivery = await calls.test(endpointId, { signal: shell.interrupted });
        if (options.json) return writeJson(shell, delivery);
        writeText(shell, delivery.id);
        note(
          shell,
          `To see what the receiver answered, run: millrace ${owner.group} show ${delivery.id}`,
        );
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} test we_01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  owner.options(command);
}
