import { countTokens } from "gpt-tokenizer";

/** The tokenizer takes time in the square of a run; no word of a language is longer than this. */
const longestRun = 256;
const longRun = new RegExp(`\\S{${longestRun}}`, "g");
const longGap = new RegExp(`\\s{${longestRun},}`, "g");
/** "<|endoftext|>" in a text is text. */
const asText = { disallowedSpecial: new Set<string>() };

/**
 * Tokens of a text, to within the few that runs of over 256 characters are off by. For threads alone:
 * a long text takes long.
 */
export function tokenCount(text: string): number {
  if (text.length <= longestRun) return countTokens(text, asText);
  return countTokens(text.replace(longGap, " ").replace(longRun, "$& "), asText);
}
