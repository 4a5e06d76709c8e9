import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function deleteWebhookCommand(webhooks: Command, shell: Shell): void {
  const command = webhooks
    .command("delete")
    .summary("delete an endpoint")
    .description("Deletes an endpoint. What waits to be sent to it is not sent.")
    .argument("<endpoint-id>")
    .action((endpointId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        await millrace.webhooks.delete(endpointId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, { deleted: endpointId });
        else writeText(shell, `${endpointId} is deleted.`);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace webhooks delete we_01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
