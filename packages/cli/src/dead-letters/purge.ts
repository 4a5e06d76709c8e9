import { AdminService, PurgeDeadLettersResponseSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writeMessage } from "../messages.ts";
import { writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { type FilterOptions, filterOf, filterOptions } from "./filter.ts";

interface Options extends OperatorOptions, FilterOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function purgeDeadLettersCommand(deadLetters: Command, shell: Shell): void {
  const command = deadLetters
    .command("purge")
    .summary("delete dead letters for good")
    .description("Deletes dead letters for good.")
    .option("--dry-run", "only count them")
    .option("--yes", "delete them; this cannot be undone")
    .action(({ dryRun = false, yes = false, ...options }: Options) => {
      if (dryRun === yes) {
        throw new Failure(
          exitCodes.usage,
          "This command deletes dead letters for good. Give --dry-run to count them, or --yes to delete them.",
        );
      }
      return withAdmin(shell, options, async (admin) => {
        const answer = await admin.call(
          AdminService.method.purgeDeadLetters,
          { filter: filterOf(options), dryRun },
          { signal: shell.interrupted },
        );
        if (options.json) writeMessage(shell, PurgeDeadLettersResponseSchema, answer);
        else writeText(shell, `${answer.purged} ${dryRun ? "would be " : ""}deleted`);
      });
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace dead-letters purge --queue documents --before 2027-01-01T00:00:00Z --dry-run
  $ millrace dead-letters purge --queue documents --before 2027-01-01T00:00:00Z --yes`,
    );
  operatorOptions(filterOptions(command, shell));
}
