import type { JobSpec } from "@millrace/proto/job";
import { checkScheduledJob } from "@millrace/runtime";
import { type JobId, type KeyId, newJobId, parseScheduleId, type Random } from "@millrace/shared";
import { scheduleNotFound } from "../callers/own-schedule.ts";
import type { SchedulerClock } from "../scheduler/scheduler-clock.ts";
import type { JobPreparer } from "./prepare-job.ts";

export interface ScheduledJobs {
  /** Checks the job that a schedule submits, with its documents. Does nothing without a job. */
  prepareScheduled(keyId: KeyId, job: JobSpec | undefined): Promise<void>;
  /** Makes the id of a job that a schedule submits now. */
  newRunId(scheduleId: string): Promise<JobId>;
}

export function scheduledJobs(options: {
  readonly schedulerClock: Pick<SchedulerClock, "nowMs" | "known">;
  readonly random: Random;
  readonly prepare: JobPreparer;
}): ScheduledJobs {
  const { schedulerClock, random, prepare } = options;
  return {
    async prepareScheduled(keyId, job) {
      if (job === undefined) return;
      await schedulerClock.known();
      const nowMs = schedulerClock.nowMs();
      checkScheduledJob(job, nowMs);
      await prepare(keyId, job, nowMs);
    },
    async newRunId(scheduleId) {
      const parts = parseScheduleId(scheduleId);
      if (parts === undefined) throw scheduleNotFound(scheduleId);
      await schedulerClock.known();
      return newJobId(parts.queue, parts.keyId, schedulerClock.nowMs(), random);
    },
  };
}
