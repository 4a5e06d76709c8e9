import type { Job, Millrace } from "@millrace/client";
import { progressText } from "../groups/group-text.ts";

export interface ChildrenProgress {
  /** The job is in a new state. */
  at(job: Job): void;
  stop(): void;
}

/**
 * Shows how many children have ended while a job waits for them. It is for people who look at a terminal: a watch that fails
 * shows nothing more.
 */
export function childrenProgress(
  millrace: Millrace,
  show: (text: string) => void,
): ChildrenProgress {
  let watch: AbortController | undefined;
  const stop = (): void => watch?.abort();
  const showGroup = async (groupId: string, signal: AbortSignal) => {
    for await (const { progress } of millrace.group(groupId).watch({ signal })) {
      if (!signal.aborted) show(`WAITING · ${progressText(progress)}`);
    }
  };
  return {
    at({ state, childGroupIds }: Job): void {
      stop();
      const groupId = childGroupIds.at(-1);
      if (state !== "WAITING" || groupId === undefined) return;
      watch = new AbortController();
      showGroup(groupId, watch.signal).catch(() => undefined);
    },
    stop,
  };
}
