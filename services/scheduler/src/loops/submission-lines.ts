import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { JobObserver } from "../observing/job-observer.ts";

/** Logs what keys have submitted, regularly and when the scheduler stops. */
export function startSubmissionLines(
  observer: Pick<JobObserver, "logSubmissions">,
  options: LoopOptions,
): Loop {
  const loop = every(async () => observer.logSubmissions(), options);
  return {
    async close() {
      await loop.close();
      observer.logSubmissions();
    },
  };
}
