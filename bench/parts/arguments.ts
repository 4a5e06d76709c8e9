import { readFileSync } from "node:fs";

const given = process.argv.slice(2);

/** The comment with which the benchmark's file begins: its question, its usage and how it measures. */
function usage(): string {
  const [, comment = ""] =
    /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(process.argv[1] ?? "", "utf8")) ?? [];
  return comment.replaceAll(/^ ?\* ?/gm, "").trim();
}

if (given.some((argument) => argument === "--help" || argument === "-h")) {
  console.log(usage());
  process.exit(0);
}

/** The argument at a place, as a number above 0. Ends the process if it is none. */
export function numberArgument(at: number, otherwise: number): number {
  const argument = given[at];
  const value = argument === undefined ? otherwise : Number(argument);
  if (value > 0 && Number.isFinite(value)) return value;
  console.error(`"${argument}" is not a number above 0.\n\n${usage()}`);
  process.exit(2);
}

/** The arguments from a place on. */
export const argumentsFrom = (at: number): readonly string[] => given.slice(at);
