import { readDocument } from "../documents/read-document.ts";
import { keySentences } from "../text/key-sentences.ts";
import { splitText } from "../text/split-text.ts";

/** Told how far a task has come. */
export type Progress = (done: number, total: number) => void;

/** What threads do: all that computes for longer than heartbeats and other jobs can wait. */
export const tasks = { readDocument, keySentences, splitText } satisfies Record<
  string,
  (input: never, progress: Progress) => unknown
>;

export type Tasks = typeof tasks;
