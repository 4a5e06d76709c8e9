import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { childLinesHelp, childrenIn } from "./child-lines.ts";
import { assertAccepted, outcomeJson } from "./report-children.ts";

interface Options extends CallerOptions {
  readonly type?: string;
}

export function submitToGroupCommand(groups: Command, shell: Shell): void {
  const command = groups
    .command("submit")
    .summary("add jobs to an open group")
    .description("Submits jobs as children of an open group, and prints their ids.")
    .argument("<group-id>", "the id that create printed")
    .argument("[file]", "the children; - for standard input", "-")
    .option("--type <type>", "the type of the children: each line is then a payload")
    .action((groupId: string, file: string, { type, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const group = millrace.group(groupId);
        const outcomes = await group.submit(childrenIn(file, type), {
          signal: shell.interrupted,
        });
        for (const outcome of outcomes) {
          if (options.json) writeJson(shell, outcomeJson(outcome));
          else if (outcome.kind === "accepted") writeText(shell, outcome.jobId);
        }
        assertAccepted(shell, outcomes);
      }),
    )
    .addHelpText(
      "after",
      `${childLinesHelp}

Examples:
  $ millrace groups submit documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B children.jsonl
  $ echo '{"text":"The sea was calm."}' | millrace groups submit "$id" --type summarize`,
    );
  callerOptions(command);
}
