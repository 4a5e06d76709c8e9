import { MillraceError } from "@millrace/client";
import { problemText, type Violation } from "@millrace/configuration";
import { AdminService, ApplyConfigurationResponseSchema } from "@millrace/proto/admin-service";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { writeMessage } from "../messages.ts";
import { note, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { type OperatorOptions, operatorOptions, withAdmin } from "../with-admin.ts";
import { readConfiguration } from "./read-file.ts";

interface Options extends OperatorOptions {
  readonly dryRun?: boolean;
}

export function applyConfigurationCommand(config: Command, shell: Shell): void {
  const command = config
    .command("apply")
    .summary("apply a configuration file to a server")
    .description(
      "Changes queues, API keys, provider accounts and models to what a file declares. If anything in the file is wrong, nothing is changed. What the file does not name stays as it is.",
    )
    .argument("<file>", "the file; - for standard input")
    .option("--dry-run", "only print what would be changed")
    .action((file: string, options: Options) => {
      const { configuration, locate } = readConfiguration(file);
      const { dryRun = false } = options;
      return withAdmin(shell, options, async (admin) => {
        const { method } = AdminService;
        const call = { signal: shell.interrupted };
        const request = { configuration, dryRun };
        const answer = await admin.call(method.applyConfiguration, request, call).catch((error) => {
          const violations = violationsIn(error);
          if (violations.length === 0) throw error;
          const lines = locate(violations).map((problem) => problemText(file, problem));
          const message = [`${file} was not applied, and nothing was changed:`, ...lines].join(
            "\n",
          );
          throw new Failure(exitCodes.usage, message, error);
        });
        if (options.json) writeMessage(shell, ApplyConfigurationResponseSchema, answer);
        else writeText(shell, changesText(answer.changes, dryRun));
        for (const text of answer.notes) note(shell, text);
      });
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace config apply millrace.yaml --dry-run
  $ millrace config apply millrace.yaml`,
    );
  operatorOptions(command);
}

const PREFIX = "configuration.";

/** Returns the faults that the server found in the configuration, with their paths in it. */
const violationsIn = (error: unknown): Violation[] =>
  error instanceof MillraceError
    ? error.violations.flatMap(({ field, description }) =>
        field.startsWith(PREFIX) ? [{ field: field.slice(PREFIX.length), description }] : [],
      )
    : [];

function changesText(
  changes: readonly { readonly action: string; readonly subject: string }[],
  dryRun: boolean,
): string {
  if (changes.length === 0) return "Nothing to change: the server is as the file declares.";
  const rows = changes.map(({ action, subject }) => [action, subject]);
  return table([dryRun ? "WOULD CHANGE" : "CHANGED", "SUBJECT"], rows);
}
