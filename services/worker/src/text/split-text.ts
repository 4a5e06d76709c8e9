import { tokenCount } from "@millrace/extractive/token-count";
import { cutPlace } from "@millrace/shared";

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** Halves a text until each piece fits, for text without sentences such as a table. */
function halve(text: string, maxTokens: number): string[] {
  if (text.length < 2 || tokenCount(text) <= maxTokens) return [text];
  const middle = cutPlace(text, text.length >> 1) || 2;
  return [...halve(text.slice(0, middle), maxTokens), ...halve(text.slice(middle), maxTokens)];
}

function* unitsOf(text: string, maxTokens: number): Generator<{ unit: string; tokens: number }> {
  for (const paragraph of text.split(/(?<=\n[ \t]*\n)/)) {
    const tokens = tokenCount(paragraph);
    if (tokens <= maxTokens) {
      yield { unit: paragraph, tokens };
      continue;
    }
    for (const { segment } of segmenter.segment(paragraph)) {
      for (const unit of halve(segment, maxTokens)) yield { unit, tokens: tokenCount(unit) };
    }
  }
}

export interface SplitTextInput {
  readonly text: string;
  readonly maxTokens: number;
}

/**
 * Splits text into parts of about `maxTokens` at most, between paragraphs if possible, else between sentences. No text is
 * lost: the joined parts are the whole text.
 */
export function splitText({ text, maxTokens }: SplitTextInput): string[] {
  const parts: string[] = [];
  let part = "";
  let partTokens = 0;
  for (const { unit, tokens } of unitsOf(text, maxTokens)) {
    if (part !== "" && partTokens + tokens > maxTokens) {
      parts.push(part);
      part = "";
      partTokens = 0;
    }
    part += unit;
    partTokens += tokens;
  }
  if (part !== "") parts.push(part);
  return parts;
}
