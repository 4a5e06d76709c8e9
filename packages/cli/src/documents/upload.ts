import type { Document, Millrace } from "@millrace/client";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { given } from "../given.ts";
import { writeJson, writeText } from "../output.ts";
import type { Shell } from "../shell.ts";
import { statusLine } from "../status-line.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

interface Options extends CallerOptions {
  readonly name?: string;
}

/** Uploads a file, and shows that on a terminal. */
export async function uploadFile(
  shell: Shell,
  millrace: Millrace,
  file: string,
  name?: string,
): Promise<Document> {
  const status = statusLine(shell.err);
  status.show(`uploading ${file} …`);
  try {
    return await millrace.uploadDocument(file, { signal: shell.interrupted, ...given({ name }) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // An error of the file system has a code such as ENOENT. Errors of Millrace are MillraceErrors.
    if (error instanceof Error && error.name !== "MillraceError" && code !== undefined) {
      throw new Failure(exitCodes.usage, `${file} cannot be read: ${message}`, error);
    }
    throw error;
  } finally {
    status.clear();
  }
}

export function uploadDocumentCommand(documents: Command, shell: Shell): void {
  const command = documents
    .command("upload")
    .summary("upload files")
    .description("Uploads files, and prints the id of each. Jobs name documents by these ids.")
    .argument("<file...>", "the files")
    .option("--name <name>", "the name of the document; default: that of the file")
    .action((files: string[], { name, ...options }: Options) => {
      if (name !== undefined && files.length > 1) {
        throw new Failure(
          exitCodes.usage,
          "--name names one document, but several files are given.",
        );
      }
      return withMillrace(shell, options, async (millrace) => {
        for (const file of files) {
          const document = await uploadFile(shell, millrace, file, name);
          if (options.json) writeJson(shell, document);
          else writeText(shell, document.id);
        }
      });
    })
    .addHelpText(
      "after",
      `
Examples:
  $ millrace documents upload report.pdf
  $ millrace submit summarize --document-id "$(millrace documents upload report.pdf)" --wait`,
    );
  callerOptions(command);
}
