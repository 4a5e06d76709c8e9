import type { Command } from "commander";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";
import { documentText } from "./document-text.ts";

export function getDocumentCommand(documents: Command, shell: Shell): void {
  const command = documents
    .command("get")
    .summary("show a document")
    .description("Shows a document's name, type, size and hash, without its content.")
    .argument("<document-id>", "the id that upload printed")
    .action((id: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const document = await millrace.getDocument(id, { signal: shell.interrupted });
        if (options.json) writeJson(shell, document);
        else writeText(shell, documentText(document));
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace documents get doc_01JDXW5T5Q6M3C9N2V8K4H7R1B`,
    );
  callerOptions(command);
}
