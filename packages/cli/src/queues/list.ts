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
    .summary("list queues and their job counts")
    .description(
      "Lists queues by name, with the number of jobs in each state. FAILED counts all jobs that ended without a result, " +
        "including cancelled and expired jobs. --json also shows the definitions.",
    )
    .action((options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { queues: all } = await admin.call(
          AdminService.method.listQueues,
          {},
          { signal: shell.interrupted },
        );
        if (options.json) for (const one of all) writeMessage(shell, QueueStatusSchema, one);
        else writeText(shell, all.length === 0 ? "There are no queues." : queueTable(all));
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
