import { readLua } from "./lua-files.ts";
import { F } from "./stored-names.ts";

const INCLUDE = /^--- @include "(\w+)"$/;
const NUMBER = /^local ([A-Z][A-Z_]*) = (-?\d+)$/gm;

/**
 * Returns the text of a script. `--- @include "groups"` inserts another file. Comments are left out, because each process
 * hashes the text. Constants become numbers, because each variable that a function of a script uses costs time in each call.
 */
export function loadScript(name: string): string {
  const text = linesOf(name).join("\n");
  const numbers = new Map(
    [...text.matchAll(NUMBER)].map(([, word = "", value = ""]) => [word, value]),
  );
  return text
    .replaceAll(NUMBER, "")
    .replaceAll(/\bF\.(\w+)/g, (reference, field: string) => {
      if (F[field] === undefined) throw new Error(`${reference} is not in stored-names.ts`);
      return JSON.stringify(F[field]);
    })
    .replaceAll(/\b[A-Z][A-Z_]*\b/g, (word) => numbers.get(word) ?? word);
}

const linesOf = (name: string): string[] =>
  readLua(name)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && (!line.startsWith("--") || line.startsWith("--- @")))
    .flatMap((line) => {
      const included = INCLUDE.exec(line)?.[1];
      return included === undefined ? [line] : linesOf(included);
    });
