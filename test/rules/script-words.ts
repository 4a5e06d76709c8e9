import type { Sources } from "./sources.ts";

const WORD = /"([A-Z][A-Z_]*[A-Z])"/g;
const wordsIn = (text: string): string[] => [...text.matchAll(WORD)].map(([, word = ""]) => word);
const withoutComments = (lua: string) => lua.replaceAll(/--.*$/gm, "");

/** Where TypeScript says which words there are: constraints, reasons, states, what becomes of a repair. */
const UNIONS = [
  "packages/engine/src/accounts/contract.ts",
  "packages/engine/src/jobs/contract.ts",
  "packages/engine/src/lanes/contract.ts",
  "packages/engine/src/audit/contract.ts",
  "packages/shared/src/reasons.ts",
  "packages/shared/src/job-state.ts",
];

/** Redis's own: commands stand first in a call, and these are their options. */
const COMMAND = /\b(?:rcall|redis\.p?call|later\.list)\(\s*"[A-Z]+"/g;
const OPTIONS = new Set(
  ["WITHSCORES", "LIMIT", "COUNT", "MATCH", "ENCODING", "MAXLEN", "MINID"].concat(
    ["NX", "XX", "GT", "PX"],
    // Chosen between in one call.
    ["SADD", "SREM", "LPUSH", "RPUSH"],
  ),
);

/** What a script returns by its header, its continuation lines included. */
function returned(lua: string): string[] {
  const [, text = ""] = /^-- RETURNS\s+((?:.*\n--\s{5,})*.*)$/m.exec(lua) ?? [];
  return wordsIn(text);
}

/**
 * Words that a script can say and nobody understands: they are in no union of TypeScript, and no header of a
 * script that has them says that they are returned. And words that a header promises, and its binding knows nothing of.
 */
export function unknownWords(sources: Sources): string[] {
  const lua = sources.paths.filter((path) => path.endsWith(".lua") && !path.includes("/bullmq/"));
  const known = new Set(
    UNIONS.flatMap((path) => {
      const text = sources.read(path);
      // What becomes of a repair is lower case in TypeScript; states are members of a table.
      const others = [...text.matchAll(/^ {2}\|? ?"([a-z]+)"|\b([A-Z_]+):/gm)];
      return [
        ...wordsIn(text),
        ...others.map(([, lower, name]) => lower?.toUpperCase() ?? name ?? ""),
      ];
    }),
  );
  const promised = new Set(lua.flatMap((path) => returned(sources.read(path))));
  const said = lua.flatMap((path) => {
    const text = withoutComments(sources.read(path)).replaceAll(COMMAND, "(");
    return wordsIn(text)
      .filter((word) => !OPTIONS.has(word) && !known.has(word) && !promised.has(word))
      .map((word) => `${path} says ${word}, which no union and no header of a script has`);
  });
  const unread = lua.flatMap((path) => {
    const binding = path.replace(/\.lua$/, ".ts");
    if (!sources.paths.includes(binding)) return [];
    const code = sources.read(binding);
    const words = [...new Set(returned(sources.read(path)))];
    const read = words.filter((word) => known.has(word) || code.includes(`"${word}"`));
    // One may be what is left if it is none of the others.
    return words.length - read.length <= 1
      ? []
      : [`${path} returns ${words.join(", ")}, of which ${binding} reads only ${read.join(", ")}`];
  });
  return [...said, ...unread];
}
