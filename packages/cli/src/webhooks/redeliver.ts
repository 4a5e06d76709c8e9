import type { WebhookDelivery } from "@millrace/client";
import type { Command } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { time } from "../values.ts";
import type { WebhookOwner } from "./owner.ts";

interface Options extends ConnectionOptions {
  readonly endpoint?: string;
  readonly since?: Date;
}

export function redeliverCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("redeliver")
    .summary("send events again")
    .description(
      "Sends the event of one delivery again, or, with --endpoint and --since, all events whose deliveries failed. The header webhook-id stays the same. Prints the ids of the new deliveries.",
    )
    .argument("[delivery-id]", "the delivery; left out with --endpoint")
    .option("--endpoint <id>", "send all events again that could not be delivered to it")
    .option("--since <time>", "with --endpoint: those recorded since this time", time(shell.clock))
    .action((deliveryId: string | undefined, options: Options) => {
      const { endpoint, since } = options;
      const isMany = endpoint !== undefined && since !== undefined;
      const isOne = endpoint === undefined && since === undefined;
      if (deliveryId === undefined ? !isMany : !isOne) {
        command.error("error: name a delivery, or use --endpoint and --since");
      }
      return owner.run(shell, options, async (calls) => {
        const call = { signal: shell.interrupted };
        const deliveries: readonly WebhookDelivery[] =
          endpoint !== undefined && since !== undefined
            ? await calls.redeliverFailed(endpoint, since, call)
            : [await calls.redeliver(deliveryId ?? "", call)];
        for (const delivery of deliveries) {
          if (options.json) writeJson(shell, delivery);
          else writeText(shell, delivery.id);
        }
      });
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} redeliver millrace-webhooks~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace ${owner.group} redeliver --endpoint we_01JDXW5T5Q6M3C9N2V8K4H7R1B --since 2027-01-31T08:00:00Z`,
    );
  owner.options(command);
}
