import type { Sources } from "./sources.ts";

const WORD = /"([A-Z][A-Z_]*[A-Z])"/g;
const wordsIn = (text: string): string[] => [...text.matchAll(WORD)].map(([, word = ""]) => word);
const withoutComments = (lua: string) => lua.replaceAll(/--.*$/gm, "");

/** The files of TypeScript that define the words: constraints, reasons, states and the results of repairs. */
const UNIONS = [
  "packages/engine/src/accounts/contract.ts",
  "packages/engine/src/groups/contract.ts",
  "packages/engine/src/jobs/contract.ts",
  "packages/engine/src/lanes/contract.ts",
  "packages/engine/src/audit/contract.ts",
  "packages/shared/src/reasons.ts",
  "packages/shared/src/job-state.ts",
];

/** Redis's own words: a command comes first in a call, and these are options of commands. */
const COMMAND = /\b(?:rcall|redis\.p?call|later\.list)\(\s*"[A-Z]+"/g;
const OPTIONS = new Set(
  ["WITHSCORES", "LIMIT", "COUNT", "MATCH", "ENCODING", "MAXLEN", "MINID"].concat(
    ["NX", "XX", "GT", "LT", "PX"],
    // Commands that one call chooses between.
    ["SADD", "SREM", "LPUSH", "RPUSH"],
  ),
);

/** Returns the words that a script's header lists under RETURNS, including continuation lines. */
function returned(lua: string): string[] {
  const [, text = ""] = /^-- RETURNS\s+((?:.*\n--\s{5,})*.*)$/m.exec(lua) ?? [];
  return wordsIn(text);
}

/**
 * Returns words that a script can say but that nobody understands: no union of TypeScript and no script header
 * has them. Also returns words that a header promises but that its binding does not know.
 */
export function unknownWords(sources: Sources): string[] {
  const lua = sources.paths.filter((path) => path.endsWith(".lua") && !path.includes("/bullmq/"));
  const known = new Set(
    UNIONS.flatMap((path) => {
      const text = sources.read(path);
      // The results of repairs are lower case in TypeScript. States are members of a table.
      const others = [...text.matchAll(/^ {2}\|? ?"([a-z]+)"|\b([A-Z_]+):/gm)];
      return [
        ...wordsIn(text),
        ...others.map(([, lower, name]) => lower?.toUpperCase() ?? name ?? ""),
      ];
    }),
  );
  const promised = new Set(lua.flatMap((path) => returned(sources.read(path))));
  const unknown = lua.flatMap((path) => {
    const text = withoutComments(sources.read(path)).replaceAll(COMMAND, "(");
    return wordsIn(text)
      .filter((word) => !OPTIONS.has(word) && !known.has(word) && !promised.has(word))
      .map((word) => `${path} says ${word}, which is in no union and in no script header`);
  });
  const unread = lua.flatMap((path) => {
    const binding = path.replace(/\.lua$/, ".ts");
    if (!sources.paths.includes(binding)) return [];
    const code = sources.read(binding);
    const words = [...new Set(returned(sources.read(path)))];
    const read = words.filter((word) => known.has(word) || code.includes(`"${word}"`));
    // One word may be the remaining case after all others are checked.
    return words.length - read.length <= 1
      ? []
      : [`${path} returns ${words.join(", ")}, of which ${binding} reads only ${read.join(", ")}`];
  });
  return [...unknown, ...unread];
}
