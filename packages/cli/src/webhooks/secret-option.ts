import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

export interface SecretOptions {
  readonly secretFile?: string;
}

/** Adds the flag for a secret that the caller brings. Secrets come from files, because others can read a command line. */
export const secretOption = (command: Command): Command =>
  command.option(
    "--secret-file <file>",
    'a file with a secret that you bring ("whsec_" and base64), or - for standard input',
  );

/** Returns the secret that the caller brings. Undefined: Millrace makes one. */
export function bringsSecret({ secretFile: file }: SecretOptions): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8").trim();
  } catch (error) {
    const message = `${file} cannot be read: ${(error as Error).message}`;
    throw new Failure(exitCodes.usage, message, error);
  }
}
