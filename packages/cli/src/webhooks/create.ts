import type { Command } from "commander";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { list } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { bringsSecret, type SecretOptions, secretOption } from "./secret-option.ts";

interface Options extends CallerOptions, SecretOptions {
  readonly name?: string;
  readonly events?: readonly string[];
  readonly includeResult?: boolean;
}

export function createWebhookCommand(webhooks: Command, shell: Shell): void {
  const command = webhooks
    .command("create")
    .summary("create an endpoint, and print its secret")
    .description(
      "Creates an endpoint: Millrace sends the ends of the API key's jobs and groups to its URL. Prints the id and the secret that verifies requests.",
    )
    .argument("<url>", "where events are sent by POST: https, unless the operator allows http")
    .option("--name <name>", "a name for people; unique within the API key")
    .option("--events <types>", "types of events, separated by commas; default: all", list)
    .option("--include-result", "send the results of jobs that succeeded, if they are short")
    .action((url: string, options: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const { name, events: eventTypes, includeResult } = options;
        const created = await millrace.webhooks.create(
          { url, ...given({ name, eventTypes, includeResult, secret: bringsSecret(options) }) },
          { signal: shell.interrupted },
        );
        if (options.json) return writeJson(shell, created);
        writeText(shell, `${created.endpoint.id} ${created.secret}`);
        note(shell, "The second part is the secret that verifies requests. It is not shown again.");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace webhooks create https://example.com/millrace --name shop --events job.failed,job.expired
  $ read -r id secret < <(millrace webhooks create https://example.com/millrace)`,
    );
  callerOptions(secretOption(command));
}
