import type { Command } from "commander";
import type { Shell } from "../shell.ts";
import { downloadDocumentCommand } from "./download.ts";
import { getDocumentCommand } from "./get.ts";
import { uploadDocumentCommand } from "./upload.ts";

export function documentCommands(program: Command, shell: Shell): void {
  const documents = program
    .command("documents")
    .helpCommand(false)
    .summary("upload and download documents")
    .description("Commands for documents, which jobs read.");
  uploadDocumentCommand(documents, shell);
  getDocumentCommand(documents, shell);
  downloadDocumentCommand(documents, shell);
}
