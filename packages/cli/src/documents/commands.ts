import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { deleteDocumentCommand } from "./delete.ts";
import { downloadDocumentCommand } from "./download.ts";
import { getDocumentCommand } from "./get.ts";
import { listDocumentsCommand } from "./list.ts";
import { uploadDocumentCommand } from "./upload.ts";

export function documentCommands(program: Command, shell: Shell): void {
  const documents = program
    .command("documents")
    .helpCommand(false)
    .summary("upload, list, download and delete documents")
    .description("Commands for documents, which jobs read.");
  uploadDocumentCommand(documents, shell);
  getDocumentCommand(documents, shell);
  listDocumentsCommand(documents, shell);
  downloadDocumentCommand(documents, shell);
  deleteDocumentCommand(documents, shell);
}
