import { AdminService, QueueSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import { readAndChange } from "../read-and-change.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { changedQueue, type QueueOptions, queueOptions } from "./queue-options.ts";
import { queueText } from "./queue-text.ts";

export function putQueueCommand(queues: Command, shell: Shell): void {
  const command = queues
    .command("put")
    .summary("define or change a queue")
    .description("Defines a queue. If it exists, changes the given values and leaves the rest.")
    .argument("<name>")
    .action((name: string, options: OperatorOptions & QueueOptions) =>
      withAdmin(shell, options, async (admin) => {
        const call = { signal: shell.interrupted };
        const { method } = AdminService;
        const { queue } = await readAndChange(async () => {
          // PutQueue replaces the whole definition, so this reads it first.
          const { queues: all } = await admin.call(method.listQueues, {}, call);
          const before = all.find(({ queue }) => queue?.name === name);
          const wanted = changedQueue(name, before?.queue, options);
          const request = { queue: wanted, etag: before?.etag ?? "none" };
          return admin.call(method.putQueue, request, call);
        });
        if (options.json) writeMessage(shell, QueueSchema, queue);
        else writeText(shell, queueText(required(queue)));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace queues put documents
  $ millrace queues put reports --types summarize,chat --shards 4 --retain-succeeded 7d
  $ millrace queues put documents --band-weights 16:4:1 --max-attempts 3`,
    );
  operatorOptions(queueOptions(command));
}
