import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { list } from "../values.ts";
import type { WebhookOwner } from "./owner.ts";
import { bringsSecret, type SecretOptions, secretOption } from "./secret-option.ts";

interface Options extends ConnectionOptions, SecretOptions {
  readonly name?: string;
  readonly events?: readonly string[];
  readonly queues?: readonly string[];
  readonly includeResult?: boolean;
}

export function createWebhookCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("create")
    .summary("create an endpoint, and print its secret")
    .description(
      `Creates an endpoint: Millrace sends ${owner.what} to its URL. Prints the id and the secret that verifies requests.`,
    )
    .argument("<url>", "where events are sent by POST: https, unless the operator allows http")
    .option("--name <name>", "a name for people; unique among these endpoints")
    .option("--events <types>", "types of events, separated by commas; default: all", list)
    .option("--queues <names>", "only of these queues, separated by commas; default: all", list)
    .option("--include-result", "send the results of jobs that succeeded, if they are short")
    .action((url: string, options: Options) =>
      owner.run(shell, options, async (calls) => {
        const { name, events: eventTypes, queues, includeResult } = options;
        const secret = bringsSecret(options);
        const created = await calls.create(
          { url, ...given({ name, eventTypes, queues, includeResult, secret }) },
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
  $ millrace ${owner.group} create https://example.com/millrace --name shop ${owner.example}
  $ read -r id secret < <(millrace ${owner.group} create https://example.com/millrace)`,
    );
  owner.options(secretOption(command));
}
