import { keySentences } from "@millrace/extractive";
import { recognisePage } from "../documents/ocr/recognise-page.ts";
import { readDocument } from "../documents/read-document.ts";
import { splitText } from "../text/split-text.ts";
import type { Progress } from "./progress.ts";

/** The tasks of threads: all computing that takes longer than heartbeats and other jobs can wait. */
export const tasks = { readDocument, recognisePage, keySentences, splitText } satisfies Record<
  string,
  (input: never, progress: Progress) => unknown
>;

export type Tasks = typeof tasks;
