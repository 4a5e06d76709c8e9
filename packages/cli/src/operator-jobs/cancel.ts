import { jobOf } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { required } from "../messages.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

interface Options extends OperatorOptions {
  readonly reason: string;
}

export function cancelAnyJobCommand(jobs: Command, shell: Shell): void {
  const command = jobs
    .command("cancel")
    .summary("cancel a job of any API key")
    .description(
      "Cancels a job of any API key. A running job is asked to stop. The change log keeps who asked for it.",
    )
    .argument("<job-id>")
    .option("--reason <text>", "why; it is stored with the job, and its caller sees it", "")
    .action((jobId: string, { reason, ...options }: Options) =>
      withAdmin(shell, options, async (admin) => {
        const request = { jobId, reason };
        const signal = shell.interrupted;
        const answer = await admin.call(AdminService.method.cancelJob, request, { signal });
        const job = jobOf(required(answer.job));
        if (options.json) return writeJson(shell, job);
        const stops = job.state !== "CANCELLED";
        writeText(shell, stops ? `${jobId} is asked to stop.` : `${jobId} is cancelled.`);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace jobs cancel documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B --reason "sent by mistake"`,
    );
  operatorOptions(command);
}
