import { jobOf } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { jobText } from "../jobs/job-text.ts";
import { required } from "../messages.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function getAnyJobCommand(jobs: Command, shell: Shell): void {
  const command = jobs
    .command("get")
    .summary("show a job of any API key")
    .description("Shows a job of any API key with its payload, and its result if it has one.")
    .argument("<job-id>")
    .action((jobId: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const signal = shell.interrupted;
        const answer = await admin.call(AdminService.method.getJob, { jobId }, { signal });
        const job = jobOf(required(answer.job));
        if (options.json) writeJson(shell, job);
        else writeText(shell, jobText(job));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace jobs get documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  operatorOptions(command);
}
