import { countTokens } from "gpt-tokenizer";

/** The tokenizer's time grows with the square of a run's length. No word of a language is longer than this. */
const longestRun = 256;
const longRun = new RegExp(`\\S{${longestRun}}`, "g");
const longGap = new RegExp(`\\s{${longestRun},}`, "g");
/** The text "<|endoftext|>" counts as ordinary text. */
const asText = { disallowedSpecial: new Set<string>() };

/**
 * Counts the tokens of a text. Runs of over 256 characters make the count inexact by a few tokens. Call it only in threads,
 * because a long text takes long.
 */
export function tokenCount(text: string): number {
  if (text.length <= longestRun) return countTokens(text, asText);
  return countTokens(text.replace(longGap, " ").replace(longRun, "$& "), asText);
}
