import { isFinal } from "@millrace/shared";
import { succeeded } from "./job-end.ts";
import type { WatchEvent } from "./watch.ts";

export interface TextDelta {
  readonly text: string;
  /** A new attempt begins: discard the text before. */
  readonly reset: boolean;
}

/** Yields the text of a job as it is written. Ends when the job has succeeded, and throws if it ends otherwise. */
export async function* textOf(events: AsyncIterable<WatchEvent>): AsyncGenerator<TextDelta> {
  let written = false;
  for await (const event of events) {
    if (event.kind === "text") {
      written = true;
      yield { text: event.text, reset: false };
    } else if (event.kind === "reset" && written) {
      written = false;
      yield { text: "", reset: true };
    } else if (event.kind === "job" && isFinal(event.job.state)) succeeded(event.job);
  }
}
