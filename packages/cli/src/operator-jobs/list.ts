import type { Job } from "@millrace/client";
import { jobOf } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { jobTable } from "../jobs/list.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { wholeNumber } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type JobFilterOptions, jobFilterOf, jobFilterOptions } from "./filter.ts";

interface Options extends OperatorOptions, JobFilterOptions {
  readonly limit: number;
}

const MOST_A_PAGE = 500;

export function listAnyJobsCommand(jobs: Command, shell: Shell): void {
  const command = jobs
    .command("list")
    .summary("list jobs of one API key or of all")
    .description(
      "Lists jobs of a queue, of one API key or of all: by API key, and the newest job of each key first.",
    )
    .option("--limit <count>", "show at most this many; 0 shows all", wholeNumber, 20)
    .action((options: Options) =>
      withAdmin(shell, options, async (admin) => {
        const { limit, json } = options;
        const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
        const shown: Job[] = [];
        let pageToken = "";
        do {
          const pageSize = Math.min(most - shown.length, MOST_A_PAGE);
          const request = { filter: jobFilterOf(options), pageSize, pageToken };
          const page = await admin.call(AdminService.method.listJobs, request, {
            signal: shell.interrupted,
          });
          const found = page.jobs.map((job) => jobOf(job));
          if (json) for (const job of found) writeJson(shell, job);
          shown.push(...found);
          pageToken = page.nextPageToken;
        } while (pageToken !== "" && shown.length < most);
        if (!json) {
          const none = `There are no such jobs in ${options.queue}.`;
          writeText(shell, shown.length === 0 ? none : jobTable(shown));
        }
        if (pageToken !== "") note(shell, "There may be more: --limit 0 shows all.");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace jobs list --queue documents --state running
  $ millrace jobs list --key k7f3q2m9ab --label customer=acme --json | jq -r .id`,
    );
  operatorOptions(jobFilterOptions(command, shell));
}
