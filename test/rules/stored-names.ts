import type { Sources } from "./sources.ts";

/** Commands on hashes, and the helper that adds to a hash field. */
const HASH_CALL = /(?:rcall|redis\.p?call)\("H[A-Z]+"|numbers\.add_field\(/g;
/** Scripts that get the name of a registry hash's field as an argument. */
const GENERIC = new Set(["replace_field.lua", "change_field.lua"]);

/** Returns the text of a call from its opening parenthesis to the closing one. */
function callAt(text: string, start: number): string {
  let depth = 0;
  let quoted = false;
  for (let position = text.indexOf("(", start); position < text.length; position += 1) {
    const char = text[position];
    if (char === "\\" && quoted) position += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === "(") depth += 1;
    else if (!quoted && char === ")") {
      depth -= 1;
      if (depth === 0) return text.slice(start, position + 1);
    }
  }
  return text.slice(start);
}

/** A field is spelled as a word or a sign. Parts of keys, formats and messages are not fields. */
const FIELD = /^(?!mr:|fair:|H[A-Z]+$|meta$)(?:[A-Za-z][\w.:-]*|[*#])$/;

/**
 * Returns hash fields that scripts spell themselves instead of using F.<name>. A value that looks like a field
 * should be a named constant.
 */
export function spelledFields(sources: Sources): string[] {
  return sources.paths
    .filter((path) => path.endsWith(".lua") && !GENERIC.has(path.split("/").at(-1) ?? ""))
    .flatMap((path) => {
      const text = sources.read(path).replaceAll(/^\s*--.*$/gm, "");
      return [...text.matchAll(HASH_CALL)].flatMap(({ index }) => {
        const call = callAt(text, index);
        return [...call.matchAll(/"((?:[^"\\]|\\.)*)"/g)]
          .map(([, field = ""]) => field)
          .filter((field) => FIELD.test(field))
          .map(
            (field) => `${path} spells the field "${field}": use F.<name>, from stored-names.ts`,
          );
      });
    });
}
