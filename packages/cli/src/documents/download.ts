import { open, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Millrace } from "@millrace/client";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { note, writeJson } from "../output.ts";
import type { Shell } from "../shell.ts";
import { type CallerOptions, callerOptions, withMillrace } from "../with-millrace.ts";

export function downloadDocumentCommand(documents: Command, shell: Shell): void {
  const command = documents
    .command("download")
    .summary("download a document")
    .description(
      "Writes a document's content to a new file. A file that exists is not overwritten.",
    )
    .argument("<document-id>", "the id that upload printed")
    .argument("<file>", "the file to write")
    .action((id: string, file: string, options: CallerOptions) =>
      withMillrace(shell, options, async (millrace) => {
        const document = await millrace.getDocument(id, { signal: shell.interrupted });
        await writeContent(shell, millrace, id, file);
        if (options.json) writeJson(shell, { ...document, file });
        else note(shell, `${file}: ${document.sizeBytes} bytes`);
      }),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ millrace documents download doc_01JDXW5T5Q6M3C9N2V8K4H7R1B report.pdf`,
    );
  callerOptions(command);
}

/** Writes the content to a new file. A download that fails leaves no file, and touches none that was there. */
async function writeContent(
  shell: Shell,
  millrace: Millrace,
  id: string,
  file: string,
): Promise<void> {
  const ofFile = (error: unknown) =>
    new Failure(exitCodes.usage, `${file} cannot be written: ${(error as Error).message}`, error);
  const target = await open(file, "wx").catch((error: unknown) => {
    throw ofFile(error);
  });
  try {
    const content = millrace.downloadDocument(id, { signal: shell.interrupted });
    await pipeline(Readable.from(content), target.createWriteStream());
  } catch (error) {
    await rm(file, { force: true });
    const { code, name } = error as NodeJS.ErrnoException;
    throw name !== "MillraceError" && code !== undefined ? ofFile(error) : error;
  }
}
