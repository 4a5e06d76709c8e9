import { type Command, Option } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { given } from "../given.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { list } from "../values.ts";
import type { WebhookOwner } from "./owner.ts";
import { endpointText } from "./webhook-text.ts";

interface Options extends ConnectionOptions {
  readonly url?: string;
  readonly name?: string;
  readonly events?: readonly string[];
  readonly queues?: readonly string[];
  readonly includeResult?: boolean;
  readonly enable?: boolean;
  readonly disable?: boolean;
  readonly etag?: string;
}

export function updateWebhookCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("update")
    .summary("change, enable or disable an endpoint")
    .description("Changes an endpoint. What no flag names stays as it is.")
    .argument("<endpoint-id>")
    .option("--url <url>", "where events are sent; waiting deliveries go there too")
    .option("--name <name>", "a name for people")
    .option("--events <types>", 'types of events, separated by commas; "all" for all', list)
    .option("--queues <names>", 'only of these queues, separated by commas; "all" for all', list)
    .option("--include-result", "send the results of jobs that succeeded, if they are short")
    .option("--no-include-result", "send no results")
    .addOption(
      new Option("--enable", "send events again, also after Millrace disabled it").conflicts(
        "disable",
      ),
    )
    .option("--disable", "send nothing")
    .option("--etag <etag>", "fail if the endpoint has another etag (show --json)")
    .action((endpointId: string, options: Options) =>
      owner.run(shell, options, async (calls) => {
        const { url, name, includeResult, enable, disable, etag } = options;
        const [eventTypes, queues] = [allOrSome(options.events), allOrSome(options.queues)];
        const enabled = enable ?? (disable ? false : undefined);
        const endpoint = await calls.update(
          endpointId,
          given({ url, name, eventTypes, queues, includeResult, enabled, etag }),
          { signal: shell.interrupted },
        );
        if (options.json) writeJson(shell, endpoint);
        else writeText(shell, endpointText(endpoint));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} update we_01JDXW5T5Q6M3C9N2V8K4H7R1B ${owner.example}
  $ millrace ${owner.group} update we_01JDXW5T5Q6M3C9N2V8K4H7R1B --enable`,
    );
  owner.options(command);
}

const allOrSome = (words: readonly string[] | undefined) =>
  words?.length === 1 && words[0] === "all" ? [] : words;
