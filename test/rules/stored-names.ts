import type { Sources } from "./sources.ts";

/** Commands on hashes, and the helper that counts on in one. */
const HASH_CALL = /(?:rcall|redis\.p?call)\("H[A-Z]+"|numbers\.add_field\(/g;
/** What scripts are told: the name of a field of a registry's hash is an argument of theirs. */
const GENERIC = new Set(["replace_field.lua", "change_field.lua"]);

/** The text of a call from its opening parenthesis to the closing one. */
function callAt(text: string, start: number): string {
  let depth = 0;
  let quoted = false;
  for (let at = text.indexOf("(", start); at < text.length; at += 1) {
    const char = text[at];
    if (char === "\\" && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === "(") depth += 1;
    else if (!quoted && char === ")") {
      depth -= 1;
      if (depth === 0) return text.slice(start, at + 1);
    }
  }
  return text.slice(start);
}

/** A field is spelled as a word or a sign; parts of keys, formats and messages are not. */
const FIELD = /^(?!mr:|H[A-Z]+$|meta$)(?:[A-Za-z][\w.:-]*|[*#])$/;

/**
 * Fields of hashes that scripts spell themselves, instead of saying F.<name>. A value that looks like a field is
 * to be named by a constant.
 */
export function spelledFields(sources: Sources): string[] {
  return sources.paths
    .filter((path) => path.endsWith(".lua") && !GENERIC.has(path.split("/").at(-1) ?? ""))
    .flatMap((path) => {
      const text = sources.read(path).replaceAll(/^\s*--.*$/gm, "");
      return [...text.matchAll(HASH_CALL)].flatMap(({ index }) => {
        const call = callAt(text, index);
        return [...call.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
          .map(([, said = ""]) => said)
          .filter((said) => FIELD.test(said))
          .map((said) => `${path} spells the field "${said}": say F.<name>, from stored-names.ts`);
      });
    });
}
