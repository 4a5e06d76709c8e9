import {
  type Engine,
  type JobSpec,
  queueDefaults,
  type RetryDefaults,
  type ScheduleRun,
} from "@millrace/engine";
import type { ScheduleSpec } from "@millrace/proto/schedule";
import type { JobId, QueueName } from "@millrace/shared";
import { detailsOf } from "../messages/job-details.ts";
import { jobSpecOf } from "../messages/job-spec.ts";

/** The retry defaults of a queue. A queue that does not exist refuses the job, whatever its retry policy is. */
export async function retryDefaultsOf(
  engine: Pick<Engine, "recentQueue">,
  queue: QueueName,
): Promise<RetryDefaults> {
  return ((await engine.recentQueue(queue)) ?? queueDefaults).defaultRetry;
}

/** The job of a run as the engine takes it. Throws if the spec has no job, or one that cannot be made. */
export function scheduledJob(
  id: JobId,
  { job }: ScheduleSpec,
  run: ScheduleRun,
  nowMs: number,
  defaultRetry: RetryDefaults,
): JobSpec {
  if (job === undefined) throw new Error(`the schedule ${run.id} has no job`);
  const details = detailsOf(job, { scheduleId: run.id, dueMs: run.dueMs });
  return {
    ...jobSpecOf(id, job, nowMs, defaultRetry),
    ...(details === undefined ? {} : { details }),
    run,
  };
}
