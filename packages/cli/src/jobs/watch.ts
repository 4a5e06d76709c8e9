import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { wholeNumber } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { follow, followedBy } from "./follow.ts";

interface Options extends CallerOptions {
  readonly from: number;
}

export function watchCommand(program: Command, shell: Shell): void {
  const command = program
    .command("watch")
    .summary("follow a job's output to its end")
    .description(
      "Prints a job's text as it comes, and its result if there is no text. After a cut it continues by itself. Ctrl-C stops watching, and the job continues.",
    )
    .argument("<job-id>")
    .option("--from <offset>", "the first output offset to show", wholeNumber, 0)
    .action((jobId: string, { from, ...options }: Options) =>
      withMillrace(shell, options, (millrace) =>
        follow(shell, followedBy(millrace), jobId, {
          fromOffset: from,
          json: options.json ?? false,
          stream: true,
        }),
      ),
    )
    .addHelpText(
      "after",
      `
With --json, each event is one line: {"kind":"job",…}, "text", "progress", "data" (base64), "reset".

Examples:
  $ millrace watch documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace watch --json documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B | jq -r 'select(.kind == "text").text'`,
    );
  callerOptions(command);
}
