import type { Admin } from "@millrace/client/admin";
import { AdminService, type QueueStatus, QueueStatusSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { queueTable } from "./queue-text.ts";

type Turn = (
  admin: Admin,
  request: { readonly name: string },
  call: { readonly signal: AbortSignal },
) => Promise<{ readonly queue?: QueueStatus | undefined }>;

export function pauseQueueCommand(queues: Command, shell: Shell): void {
  const command = queues
    .command("pause")
    .summary("start nothing more from a queue")
    .description(
      "Starts nothing more from a queue. What runs goes on, and jobs are still accepted.",
    )
    .argument("<name>")
    .addHelpText("after", "\nExamples:\n  $ millrace queues pause documents");
  turning(command, shell, (admin, request, call) =>
    admin.call(AdminService.method.pauseQueue, request, call),
  );
}

export function resumeQueueCommand(queues: Command, shell: Shell): void {
  const command = queues
    .command("resume")
    .summary("end a pause")
    .description("Ends a pause of a queue.")
    .argument("<name>")
    .addHelpText("after", "\nExamples:\n  $ millrace queues resume documents");
  turning(command, shell, (admin, request, call) =>
    admin.call(AdminService.method.resumeQueue, request, call),
  );
}

function turning(command: Command, shell: Shell, turn: Turn): void {
  command.action((name: string, options: OperatorOptions) =>
    withAdmin(shell, options, async (admin) => {
      const { queue } = await turn(admin, { name }, { signal: shell.interrupted });
      if (options.json) writeMessage(shell, QueueStatusSchema, queue);
      else writeText(shell, queueTable([required(queue)]));
    }),
  );
  operatorOptions(command);
}
