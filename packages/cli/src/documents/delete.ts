import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function deleteDocumentCommand(documents: Command, shell: Shell): void {
  const command = documents
    .command("delete")
    .summary("delete a document")
    .description(
      "Deletes a document. It is refused while a schedule names it, or a job that has not finished.",
    )
    .argument("<document-id>", "the id that upload printed")
    .action((documentId: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        await millrace.deleteDocument(documentId, { signal: shell.interrupted });
        if (options.json) writeJson(shell, { deleted: documentId });
        else writeText(shell, "deleted");
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace documents delete doc_01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
