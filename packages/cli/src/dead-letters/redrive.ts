import type { Admin } from "@millrace/client/admin";
import {
  AdminService,
  RedriveDeadLettersRequestSchema,
  RedriveDeadLettersResponseSchema,
} from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { fieldNumber } from "../field-numbers.ts";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { statusLine } from "../status-line.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type FilterOptions, filterOf, filterOptions } from "./filter.ts";

interface Options extends OperatorOptions, FilterOptions {
  readonly max: number;
  readonly perSecond: number;
  readonly dryRun?: boolean;
}

export function redriveDeadLettersCommand(deadLetters: Command, shell: Shell): void {
  const command = deadLetters
    .command("redrive")
    .summary("submit dead letters again")
    .description(
      "Submits dead letters again, as new jobs that name their dead letter. Ctrl-C stops the redrive. Run the command again to redrive the rest.",
    )
    .option(
      "--max <count>",
      "redrive at most this many; 0 redrives all",
      fieldNumber(RedriveDeadLettersRequestSchema.field.max),
      0,
    )
    .option(
      "--per-second <count>",
      "redrive at most this many per second; 0 sets no limit",
      fieldNumber(RedriveDeadLettersRequestSchema.field.perSecond),
      0,
    )
    .option("--dry-run", "only count them")
    .action((options: Options) =>
      withAdmin(shell, options, (admin) => redrive(shell, admin, options)),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace dead-letters redrive --queue documents --dry-run
  $ millrace dead-letters redrive --queue documents --reason PROVIDER_ERROR --per-second 10`,
    );
  operatorOptions(filterOptions(command, shell));
}

async function redrive(shell: Shell, admin: Admin, options: Options): Promise<void> {
  const { max, perSecond, dryRun = false, json = false } = options;
  const status = statusLine(shell.err);
  const request = { filter: filterOf(options), max, perSecond, dryRun };
  const { method } = AdminService;
  let done = false;
  let refused = 0n;
  try {
    const answers = admin.stream(method.redriveDeadLetters, request, { signal: shell.interrupted });
    for await (const answer of answers) {
      done = answer.done;
      refused = answer.refused;
      if (json) writeMessage(shell, RedriveDeadLettersResponseSchema, answer);
      const text = dryRun
        ? `${answer.matched} would be submitted again`
        : `${answer.redriven} of ${answer.matched} submitted again, ${answer.refused} refused`;
      if (!done) status.show(text);
      else if (!json) {
        status.clear();
        writeText(shell, text);
      }
    }
  } finally {
    status.clear();
  }
  if (!done)
    throw new Failure(
      exitCodes.failed,
      "The redrive was cut off before its end. Run the command again to redrive the rest.",
    );
  if (refused > 0n) {
    throw new Failure(
      exitCodes.failed,
      `${refused} could not be submitted again, because the queue is full or its types have changed. They are still dead letters.`,
    );
  }
}
