import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { duration } from "../values.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

interface Options extends CallerOptions {
  readonly cancel?: boolean;
  readonly lifetime?: number;
}

export function tokenCommand(program: Command, shell: Shell): void {
  const command = program
    .command("token")
    .summary("make a token for one job")
    .description(
      "Makes a credential for one job and a short time, for example for a web page. It allows to get, watch and explain the job.",
    )
    .argument("<job-id>", "the id that submit printed")
    .option("--cancel", "let the token cancel the job too")
    .option("--lifetime <duration>", "how long it is valid; default: the gateway's limit", duration)
    .action((jobId: string, { cancel, lifetime, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const made = await millrace.createJobToken(jobId, {
          right: cancel ? "cancel" : "read",
          ...(lifetime === undefined ? {} : { lifetimeMs: lifetime }),
          signal: shell.interrupted,
        });
        if (options.json) writeJson(shell, made);
        else writeText(shell, made.token);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace token documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B
  $ millrace token --cancel --lifetime 5m documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
