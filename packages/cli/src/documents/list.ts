import type { Document } from "@millrace/client";
import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { table } from "../table.ts";
import { timeText } from "../times.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { writeList } from "../write-list.ts";

export function listDocumentsCommand(documents: Command, shell: Shell): void {
  const command = documents
    .command("list")
    .summary("list documents, newest first")
    .description("Lists the API key's documents, newest first.")
    .action((options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const all = millrace.listDocuments({ signal: shell.interrupted });
        await writeList(shell, all, { json: options.json, what: "documents", tableOf });
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace documents list
  $ millrace documents list --json | jq -r 'select(.unreadable).name'`,
    );
  callerOptions(command);
}

const tableOf = (documents: readonly Document[]): string =>
  table(
    ["DOCUMENT", "NAME", "TYPE", "BYTES", "STORED", "EXPIRES"],
    documents.map((one) => [
      ...[one.id, one.name, one.contentType, String(one.sizeBytes)],
      ...[timeText(one.createTime) ?? "", timeText(one.expireTime) ?? "never"],
    ]),
  );
