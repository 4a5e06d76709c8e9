import { readFileSync } from "node:fs";
import { type ParsedConfiguration, parseConfiguration, problemText } from "@millrace/configuration";
import { exitCodes } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

/** A configuration file that is right in itself; a Failure tells all that is wrong with it, a line each. */
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
  throw new Failure(exitCodes.usage, [`${file} is wrong:`, ...lines].join("\n"));
}
