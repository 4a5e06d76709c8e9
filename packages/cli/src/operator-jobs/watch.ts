import type { WatchEvent } from "@millrace/client";
import { type Admin, watchEventsOf } from "@millrace/client/admin";
import { AdminService } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { type Followed, follow } from "../jobs/follow.ts";
import type { Shell } from "../shell.ts";
import { wholeNumber } from "../values.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";

interface Options extends OperatorOptions {
  readonly from: number;
}

export function watchAnyJobCommand(jobs: Command, shell: Shell): void {
  const command = jobs
    .command("watch")
    .summary("follow the output of a job of any API key to its end")
    .description(
      "Prints a job's text as it comes, and its result if there is no text. Ctrl-C stops watching, and the job continues.",
    )
    .argument("<job-id>")
    .option("--from <offset>", "the first output offset to show", wholeNumber, 0)
    .action((jobId: string, { from, ...options }: Options) =>
      withAdmin(shell, options, (admin) =>
        follow(shell, followedBy(admin), jobId, {
          ...{ fromOffset: from, json: options.json ?? false, stream: true },
          command: "millrace jobs watch",
        }),
      ),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace jobs watch documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  operatorOptions(command);
}

const followedBy = (admin: Admin): Followed => ({
  async *watch(jobId, { fromOffset, signal }): AsyncGenerator<WatchEvent> {
    const request = { jobId, fromOffset: BigInt(fromOffset) };
    for await (const { event } of admin.stream(AdminService.method.watchJob, request, { signal })) {
      if (event !== undefined) yield* watchEventsOf(event);
    }
  },
});
