import type { Job } from "@millrace/proto/job";
import type { Clock } from "@millrace/shared";
import type { FinishedListener } from "./awaited-jobs.ts";
import type { FinishedHub } from "./finished-hub.ts";

/**
 * Resolves with the finished job, without its payload. Resolves with undefined if the job is gone, `waitMs` pass or a
 * signal aborts.
 */
export function waitFinished(
  hub: FinishedHub,
  jobId: string,
  { waitMs, clock, signals }: WaitOptions,
): Promise<Job | undefined> {
  return new Promise((resolve) => {
    const settle = (job?: Job) => {
      timer.cancel();
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
      hub.forget([jobId], listener);
      resolve(job);
    };
    const onAbort = () => settle();
    const listener: FinishedListener = { finished: settle, gone: () => settle() };
    const timer = clock.after(waitMs, onAbort);
    for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
    hub.watch([jobId], listener);
    if (signals.some(({ aborted }) => aborted)) settle();
  });
}

export interface WaitOptions {
  readonly waitMs: number;
  readonly clock: Clock;
  /** Signals that end the wait: the caller leaves, or the gateway stops. */
  readonly signals: readonly AbortSignal[];
}
