import { AdminService, type DeadLetter, DeadLetterSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required, writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { details, table } from "../table.ts";
import { timeText } from "../times.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function showDeadLetterCommand(deadLetters: Command, shell: Shell): void {
  const command = deadLetters
    .command("show")
    .summary("show a dead letter and its attempts")
    .description("Shows a dead letter with its payload, and how each attempt ended.")
    .argument("<job-id>")
    .action((jobId: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const { deadLetter } = await admin.call(
          AdminService.method.getDeadLetter,
          { jobId },
          { signal: shell.interrupted },
        );
        if (options.json) writeMessage(shell, DeadLetterSchema, deadLetter);
        else writeText(shell, deadLetterText(required(deadLetter)));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace dead-letters show documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  operatorOptions(command);
}

function deadLetterText({ job, attempts, deadTime }: DeadLetter): string {
  const summary = details([
    ["id", job?.id],
    ["type", job?.type],
    ["submitted", timeText(job?.submitTime)],
    ["failed", timeText(deadTime)],
    ["failure", job?.failure && `${job.failure.reason}: ${job.failure.message}`],
    ["redriven from", job?.redrivenFrom || undefined],
    ["payload", job?.payloadJson],
  ]);
  const rows = attempts.map((one) => [
    String(one.attempt),
    one.workerId,
    timeText(one.startTime) ?? "",
    timeText(one.endTime) ?? "",
    one.failure === undefined ? "" : `${one.failure.reason}: ${one.failure.message}`,
  ]);
  return `${summary}\n\n${table(["ATTEMPT", "WORKER", "STARTED", "ENDED", "FAILURE"], rows)}`;
}
