// Stands for slow work, such as calls of a model: it takes two seconds for each paragraph.
import { setTimeout as pause } from "node:timers/promises";

const secondsOfAParagraph = Number(process.env.PARAGRAPH_SECONDS ?? 2);

interface Options {
  /** Called after each paragraph. */
  readonly progress?: (done: number, total: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Returns the first sentence of each paragraph. */
export async function summarize(text: string, options: Options = {}): Promise<string> {
  const paragraphs = text.split(/\n{2,}/);
  const sentences: string[] = [];
  for (const paragraph of paragraphs) {
    await pause(secondsOfAParagraph * 1_000, undefined, { signal: options.signal });
    sentences.push(/^.*?[.!?](?=\s|$)/s.exec(paragraph)?.[0] ?? paragraph);
    await options.progress?.(sentences.length, paragraphs.length);
  }
  return sentences.join(" ");
}
