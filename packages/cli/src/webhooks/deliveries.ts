import type { WebhookDelivery, WebhookDeliveryState } from "@millrace/client";
import { type Command, Option } from "commander";
import type { ConnectionOptions } from "../connection-options.ts";
import { given } from "../given.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { wholeNumber } from "../values.ts";
import { writeList } from "../write-list.ts";
import type { WebhookOwner } from "./owner.ts";
import { answerText } from "./webhook-text.ts";

interface Options extends ConnectionOptions {
  readonly endpoint?: string;
  readonly state?: string;
  readonly limit: number;
}

const MOST_A_PAGE = 500;

export function listDeliveriesCommand(webhooks: Command, shell: Shell, owner: WebhookOwner): void {
  const command = webhooks
    .command("deliveries")
    .summary("list what was sent, newest first")
    .description("Lists events that are being sent or were sent, newest first.")
    .option("--endpoint <id>", "only those to this endpoint")
    .addOption(
      new Option("--state <state>", "only those in this state").choices([
        ...["pending", "delivered", "failed", "cancelled"],
      ]),
    )
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 20)
    .action(({ endpoint: endpointId, state, limit, ...options }: Options) =>
      owner.run(shell, options, async (calls) => {
        const pageSize = limit === 0 ? MOST_A_PAGE : Math.min(limit, MOST_A_PAGE);
        const only = given({
          endpointId,
          state: state?.toUpperCase() as WebhookDeliveryState | undefined,
        });
        const call = { signal: shell.interrupted };
        const all = calls.deliveries({ ...only, pageSize }, call);
        await writeList(shell, all, { json: options.json, limit, what: "deliveries", tableOf });
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace ${owner.group} deliveries --state failed
  $ millrace ${owner.group} deliveries --endpoint we_01JDXW5T5Q6M3C9N2V8K4H7R1B --json | jq -c .attempts`,
    );
  owner.options(command);
}

const tableOf = (deliveries: readonly WebhookDelivery[]): string =>
  table(
    ["DELIVERY", "EVENT", "STATE", "REQUESTS", "LAST ANSWER", "NEXT"],
    deliveries.map(({ id, eventType, state, attempts, nextAttemptTime }) => {
      const last = attempts.at(-1);
      return [
        ...[id, eventType, state, String(attempts.length)],
        ...[last === undefined ? "" : answerText(last), timeText(nextAttemptTime) ?? ""],
      ];
    }),
  );
