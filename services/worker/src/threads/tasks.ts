import type * as Extractive from "@millrace/extractive";
import { recognisePage } from "../documents/ocr/recognise-page.ts";
import { readDocument } from "../documents/read-document.ts";
import { splitText } from "../text/split-text.ts";
import type { Progress } from "./progress.ts";

type KeySentences = typeof Extractive.keySentences;

/** The package is large, and a worker with another provider never calls it, so it is loaded only when it is needed. */
async function keySentences(input: Parameters<KeySentences>[0]): Promise<ReturnType<KeySentences>> {
  const extractive = await import("@millrace/extractive");
  return extractive.keySentences(input);
}

/** The tasks of threads: all computing that takes longer than heartbeats and other jobs can wait. */
export const tasks = { readDocument, recognisePage, keySentences, splitText } satisfies Record<
  string,
  (input: never, progress: Progress) => unknown
>;

export type Tasks = typeof tasks;
