import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function callbackSecretCommand(webhooks: Command, shell: Shell): void {
  const command = webhooks
    .command("callback-secret")
    .summary("print the secret that signs callbacks")
    .description(
      "Prints the secret that signs the callbacks of the API key's jobs and groups (submit --callback-url).",
    )
    .action((options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const secret = await millrace.webhooks.callbackSecret({ signal: shell.interrupted });
        if (options.json) writeJson(shell, { secret });
        else writeText(shell, secret);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace webhooks callback-secret > secret`,
    );
  callerOptions(command);
}
