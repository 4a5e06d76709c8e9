import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { wholeNumber } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { follow } from "./follow.ts";

interface Options extends CallerOptions {
  readonly from: number;
}

export function watchCommand(program: Command, shell: Shell): void {
  const command = program
    .command("watch")
    .summary("follow a job's output to its end")
    .description(
      "Writes a job's text as it comes, and its result if there is no text. It goes on by itself after a cut. Ctrl-C stops watching; the job goes on.",
    )
    .argument("<job-id>")
    .option("--from <offset>", "the first piece of output to show", wholeNumber, 0)
    .action((jobId: string, { from, ...options }: Options) =>
      withMillrace(shell, options, (millrace) =>
        follow(shell, millrace, jobId, {
          fromOffset: from,
          json: options.json ?? false,
          stream: true,
        }),
      ),
    )
    .addHelpText(
      "after",
      `
With --json: a line for each event: {"kind":"job",…}, "text", "progress", "data" (base64), "reset".

Examples:
  $ millrace watch documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace watch --json documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B | jq -r 'select(.kind == "text").text'`,
    );
  callerOptions(command);
}
