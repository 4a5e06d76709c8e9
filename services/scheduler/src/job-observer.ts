import type { JobRecord, Lease } from "@millrace/engine";
import { type JobId, type JobState, queueOf } from "@millrace/shared";
import { attributeNames, type Metrics, recordSpan, spanNames } from "@millrace/telemetry";

/** Counts and traces what happens to jobs. */
export interface JobObserver {
  submitted(id: JobId, type: string): void;
  leased(lease: Lease, nowMs: number): void;
  settled(
    id: JobId,
    job: Pick<JobRecord, "type" | "startedAtMs">,
    state: JobState,
    nowMs: number,
  ): void;
}

/** When a job could first have been leased: what it waited before a retry is not its queue's doing. */
const dueMs = ({ submittedAtMs, runAtMs = 0 }: JobRecord): number =>
  Math.max(submittedAtMs, runAtMs);

export function jobObserver(metrics: Metrics): JobObserver {
  const labels = (id: JobId, type: string) => ({ queue: queueOf(id), type });
  return {
    submitted: (id, type) => metrics.jobsSubmitted.inc(labels(id, type)),

    leased({ jobId, attempt, job }, nowMs) {
      if (attempt > 1) return;
      const startMs = Math.min(dueMs(job), nowMs);
      const by = labels(jobId, job.type);
      metrics.jobWait.observe(by, (nowMs - startMs) / 1_000);
      const time = { startMs, endMs: nowMs };
      recordSpan(spanNames.queueWait, job, time, {
        [attributeNames.jobId]: jobId,
        [attributeNames.queue]: by.queue,
        [attributeNames.jobType]: by.type,
      });
    },

    settled(id, { type, startedAtMs }, state, nowMs) {
      const by = labels(id, type);
      if (startedAtMs !== undefined) {
        metrics.jobDuration.observe(by, Math.max(0, nowMs - startedAtMs) / 1_000);
      }
      if (state === "SUCCEEDED") metrics.jobsCompleted.inc(by);
      else if (state === "FAILED" || state === "EXPIRED") metrics.jobsFailed.inc(by);
      else if (state === "SCHEDULED") metrics.jobsRetried.inc(by);
    },
  };
}
