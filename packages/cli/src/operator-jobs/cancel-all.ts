import type { Admin } from "@millrace/client/admin";
import { CancelJobsResponseSchema } from "@millrace/proto/admin-job";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { statusLine } from "../status-line.ts";
import { wholeNumber } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type JobFilterOptions, jobFilterOf, jobFilterOptions } from "./filter.ts";

interface Options extends OperatorOptions, JobFilterOptions {
  readonly reason: string;
  readonly max: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function cancelAllJobsCommand(jobs: Command, shell: Shell): void {
  const command = jobs
    .command("cancel-all")
    .summary("cancel all jobs that match a filter")
    .description(
      "Cancels all jobs of a queue that match a filter and have not finished, of one API key or of all. The change log keeps who asked for it. Ctrl-C stops the command. Run it again to cancel the rest.",
    )
    .option("--reason <text>", "why; it is stored with the jobs, and their callers see it", "")
    .option("--max <count>", "cancel at most this many; 0 cancels all", wholeNumber, 0)
    .option("--dry-run", "only count them")
    .option("--yes", "cancel them; this cannot be undone")
    .action(({ dryRun = false, yes = false, ...options }: Options) => {
      if (dryRun === yes) {
        throw new Failure(
          exitCodes.usage,
          "This command cancels jobs for good. Give --dry-run to count them, or --yes to cancel them.",
        );
      }
      return withAdmin(shell, options, (admin) => cancelAll(shell, admin, options, dryRun));
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace jobs cancel-all --queue documents --key k7f3q2m9ab --state queued,scheduled --dry-run
  $ millrace jobs cancel-all --queue documents --label release=42 --reason "a bad release" --yes`,
    );
  operatorOptions(jobFilterOptions(command, shell));
}

async function cancelAll(
  shell: Shell,
  admin: Admin,
  options: Options,
  dryRun: boolean,
): Promise<void> {
  const { reason, max, json = false } = options;
  const status = statusLine(shell.err);
  const request = { filter: jobFilterOf(options), reason, max, dryRun };
  let done = false;
  try {
    const { cancelJobs } = AdminService.method;
    for await (const answer of admin.stream(cancelJobs, request, { signal: shell.interrupted })) {
      done = answer.done;
      if (json) writeMessage(shell, CancelJobsResponseSchema, answer);
      const { matched, cancelled, requested } = answer;
      const text = dryRun
        ? `${matched} would be cancelled`
        : `${cancelled} cancelled, ${requested} running and asked to stop`;
      if (!done) status.show(text);
      else if (!json) {
        status.clear();
        writeText(shell, text);
      }
    }
  } finally {
    status.clear();
  }
  if (done) return;
  throw new Failure(
    exitCodes.failed,
    "The command was cut off before its end. Run it again to cancel the rest.",
  );
}
