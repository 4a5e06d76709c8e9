import type { JobId, JobState, QueueName } from "@millrace/shared";

export type Signal =
  /** There may be something to lease. */
  | { readonly kind: "work" }
  | { readonly kind: "finished"; readonly jobId: JobId; readonly state: JobState }
  | { readonly kind: "output"; readonly jobId: JobId; readonly nextOffset: number }
  /** A job changed its state without finishing. */
  | { readonly kind: "state"; readonly jobId: JobId; readonly state: JobState }
  /** A running job shall stop. */
  | { readonly kind: "cancel"; readonly jobId: JobId }
  /** Signals may have been lost: look at everything again. */
  | { readonly kind: "resync" };

export interface Signals {
  /**
   * Hints about a queue, or about one of its jobs alone: they may be lost, and are never truth.
   * Disposing it ends them.
   */
  subscribe(
    queue: QueueName,
    listener: (signal: Signal) => void,
    jobId?: JobId,
  ): Promise<AsyncDisposable>;
}
