import { type Engine, type JobSpec, queueDefaults, type ScheduleRun } from "@millrace/engine";
import type { ScheduleSpec } from "@millrace/proto/schedule";
import { type JobId, queueOf } from "@millrace/shared";
import { detailsOf } from "../messages/job-details.ts";
import { jobSpecOf } from "../messages/job-spec.ts";

/** The job of a run as the engine takes it. */
export async function scheduledJob(
  engine: Pick<Engine, "recentQueue">,
  id: JobId,
  { job }: ScheduleSpec,
  run: ScheduleRun,
  nowMs: number,
): Promise<JobSpec> {
  if (job === undefined) throw new Error(`the schedule ${run.id} has no job`);
  // A queue that does not exist refuses the job, whatever its retry policy is.
  const { defaultRetry } = (await engine.recentQueue(queueOf(id))) ?? queueDefaults;
  const details = detailsOf(job, { scheduleId: run.id, dueMs: run.dueMs });
  return {
    ...jobSpecOf(id, job, nowMs, defaultRetry),
    ...(details === undefined ? {} : { details }),
    run,
  };
}
