import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { jobText } from "./job-text.ts";

export function getCommand(program: Command, shell: Shell): void {
  const command = program
    .command("get")
    .summary("show a job")
    .description("Shows a job with its payload, and its result if it has one.")
    .argument("<job-id>", "the id that submit printed")
    .action((jobId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const job = await millrace.getJob(jobId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, job);
        else writeText(shell, jobText(job));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace get documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace get --json documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B | jq .result`,
    );
  callerOptions(command);
}
