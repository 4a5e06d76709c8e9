import type { GroupId, JobId, JobState, QueueName } from "@millrace/shared";

export type Signal =
  /** There may be a job to lease. */
  | { readonly kind: "work" }
  | { readonly kind: "finished"; readonly jobId: JobId; readonly state: JobState }
  | { readonly kind: "output"; readonly jobId: JobId; readonly nextOffset: number }
  /** A job changed its state, and the new state is not final. */
  | { readonly kind: "state"; readonly jobId: JobId; readonly state: JobState }
  /** A group's children or state changed. */
  | { readonly kind: "group"; readonly groupId: GroupId }
  /** A running job must stop. */
  | { readonly kind: "cancel"; readonly jobId: JobId }
  /** Signals may have been lost. The listener must read everything again. */
  | { readonly kind: "resync" };

export interface Signals {
  /**
   * Signals about a queue, or about one of its jobs only. They are hints: they may be lost, so nothing may depend on them.
   * Disposing the subscription ends it.
   */
  subscribe(
    queue: QueueName,
    listener: (signal: Signal) => void,
    jobId?: JobId | GroupId,
  ): Promise<AsyncDisposable>;
}
