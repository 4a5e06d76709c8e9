import { AdminService, QueueStatusSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { queueTable } from "./queue-text.ts";

export function listQueuesCommand(queues: Command, shell: Shell): void {
  const command = queues
    .command("list")
    .summary("list queues with what is in them")
    .description(
      "Lists queues by name, with how many jobs are in which state. FAILED are all that ended without a result, " +
        "those that were cancelled or came too late among them. --json shows their definitions too.",
    )
    .action((options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { queues: all } = await admin.call(
          AdminService.method.listQueues,
          {},
          { signal: shell.interrupted },
        );
        if (options.json) for (const one of all) writeMessage(shell, QueueStatusSchema, one);
        else writeText(shell, all.length === 0 ? "No queues." : queueTable(all));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace queues list
  $ millrace queues list --json | jq 'select(.paused).queue.name'`,
    );
  operatorOptions(command);
}
