import type { TextItem, TextMarkedContent } from "pdfjs-dist/types/src/display/api.js";
import { isLegible } from "./legible.ts";

/** A font is judged by so many characters of the document, and not again after these. */
const sampleCharacters = 3_000;

interface Sample {
  text: string;
  isLegible: boolean;
}

export interface LegibleItems {
  readonly items: readonly TextItem[];
  /** How many characters are left out, and how many are kept. */
  readonly lost: number;
  readonly kept: number;
}

/**
 * Judges each font of a document by the text that it shows on the pages so far: one page may have too little, and a
 * font that says the wrong characters may stand beside sound ones. The returned function leaves out the text of
 * illegible fonts.
 */
export function fontSamples(): (items: readonly (TextItem | TextMarkedContent)[]) => LegibleItems {
  const samples = new Map<string, Sample>();
  return (all) => {
    const items = all.filter((item): item is TextItem => "str" in item);
    const added = new Map<string, string[]>();
    for (const { fontName, str } of items) {
      if ((samples.get(fontName)?.text.length ?? 0) >= sampleCharacters || str === "") continue;
      const texts = added.get(fontName);
      if (texts === undefined) added.set(fontName, [str]);
      else texts.push(str);
    }
    for (const [fontName, texts] of added) {
      const before = samples.get(fontName)?.text ?? "";
      const text = `${before} ${texts.join(" ")}`.slice(0, sampleCharacters);
      samples.set(fontName, { text, isLegible: isLegible(text) });
    }
    const kept = items.filter(({ fontName }) => samples.get(fontName)?.isLegible !== false);
    const length = (some: readonly TextItem[]) =>
      some.reduce((sum, { str }) => sum + str.trim().length, 0);
    return { items: kept, lost: length(items) - length(kept), kept: length(kept) };
  };
}
