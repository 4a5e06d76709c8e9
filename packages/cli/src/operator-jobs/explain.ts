import { explanationOf } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { explanationText } from "../jobs/explain.ts";
import { required } from "../messages.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

export function explainAnyJobCommand(jobs: Command, shell: Shell): void {
  const command = jobs
    .command("explain")
    .summary("show why a job of any API key waits")
    .description("Shows what holds a waiting job of any API key now, and when it may start.")
    .argument("<job-id>")
    .action((jobId: string, options: OperatorOptions) =>
      withAdmin(shell, options, async (admin) => {
        const signal = shell.interrupted;
        const answer = await admin.call(AdminService.method.explainJob, { jobId }, { signal });
        const explanation = explanationOf(required(answer.explanation));
        if (options.json) writeJson(shell, explanation);
        else writeText(shell, explanationText(explanation));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace jobs explain documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  operatorOptions(command);
}
