import { readFileSync } from "node:fs";
import { type ParsedConfiguration, parseConfiguration, problemText } from "@millrace/configuration";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** Reads a valid configuration file. Throws a Failure that lists every problem of the file, one per line. */
export function readConfiguration(file: string): ParsedConfiguration & { readonly kind: "right" } {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Failure(exitCodes.usage, `${file} cannot be read: ${(error as Error).message}`);
  }
  const parsed = parseConfiguration(text);
  if (parsed.kind === "right") return parsed;
  const lines = parsed.problems.map((problem) => problemText(file, problem));
  throw new Failure(exitCodes.usage, [`${file} is not valid:`, ...lines].join("\n"));
}
