import type { Job } from "@millrace/proto/job";
import type { KeyId } from "@millrace/shared";
import { jobNotFound } from "../callers/own-job.ts";
import type { Scheduler } from "../scheduler/scheduler-client.ts";

/** Reads the job's current state. Throws JOB_NOT_FOUND. */
export async function readJob(
  scheduler: Scheduler,
  keyId: KeyId,
  jobId: string,
  signal: AbortSignal,
): Promise<Job> {
  const { jobs } = await scheduler.getJobs({ keyId, jobIds: [jobId] }, { signal });
  const [job] = jobs;
  if (job === undefined) throw jobNotFound(jobId);
  return job;
}
