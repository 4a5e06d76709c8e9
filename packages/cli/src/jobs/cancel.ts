import type { Command } from "commander";
import { given } from "../given.ts";
import { note, writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

interface Options extends CallerOptions {
  readonly reason?: string;
}

export function cancelCommand(program: Command, shell: Shell): void {
  const command = program
    .command("cancel")
    .summary("cancel a job")
    .description(
      "Cancels a job. A waiting job is cancelled at once, a running job when its worker has stopped it.",
    )
    .argument("<job-id>")
    .option("--reason <text>", "a reason that is kept with the job")
    .action((jobId: string, { reason, ...options }: Options) =>
      withMillrace(shell, options, async (millrace) => {
        const job = await millrace.cancel(jobId, {
          signal: shell.interrupted,
          ...given({ reason }),
        });
        if (options.json) return writeJson(shell, job);
        writeText(shell, job.state);
        if (job.cancelRequested) note(shell, "The job is running. Its worker was told to stop it.");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace cancel --reason "wrong file" documents~k7f3q2m9ab~01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
