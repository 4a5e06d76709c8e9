import type { Admin } from "@millrace/client/admin";
import { AdminService, type QueueStatus, QueueStatusSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { queueTable } from "./queue-text.ts";

type PauseCall = (
  admin: Admin,
  request: { readonly name: string },
  call: { readonly signal: AbortSignal },
) => Promise<{ readonly queue?: QueueStatus | undefined }>;

export function pauseQueueCommand(queues: Command, shell: Shell): void {
  const command = queues
    .command("pause")
    .summary("stop starting jobs of a queue")
    .description(
      "Stops starting jobs of a queue. Running jobs continue, and new jobs are still accepted.",
    )
    .argument("<name>")
    .addHelpText("after", "\nExamples:\n  $ millrace queues pause documents");
  pauseAction(command, shell, (admin, request, call) =>
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
  pauseAction(command, shell, (admin, request, call) =>
    admin.call(AdminService.method.resumeQueue, request, call),
  );
}

function pauseAction(command: Command, shell: Shell, send: PauseCall): void {
  command.action((name: string, options: OperatorOptions) =>
    withAdmin(shell, options, async (admin) => {
      const { queue } = await send(admin, { name }, { signal: shell.interrupted });
      if (options.json) writeMessage(shell, QueueStatusSchema, queue);
      else writeText(shell, queueTable([required(queue)]));
    }),
  );
  operatorOptions(command);
}
