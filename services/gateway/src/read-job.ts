import { status } from "@grpc/grpc-js";
import type { Job } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import type { Scheduler } from "./caller.ts";
import { jobNotFound } from "./own-job.ts";

export const SCHEDULER_DEADLINE_MS = 30_000;

export interface WaitOptions {
  /** 0: do not wait. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

async function waitFinished(scheduler: Scheduler, jobId: string, wait: WaitOptions) {
  const call = scheduler.watchFinished({ deadlineMs: wait.waitMs, signal: wait.signal });
  try {
    await call.write({ addJobIds: [jobId] });
    for await (const { jobs, missingJobIds } of call.responses) {
      if (missingJobIds.includes(jobId) || jobs.some(({ id }) => id === jobId)) return;
    }
  } catch (error) {
    // The wait being over is an answer: the job as it is by then.
    if (!(error instanceof RpcFault) || error.code !== status.DEADLINE_EXCEEDED) throw error;
  } finally {
    call.cancel();
  }
}

/** The job once it has finished or the wait is over. Throws JOB_NOT_FOUND. */
export async function readJob(
  scheduler: Scheduler,
  keyId: KeyId,
  jobId: string,
  wait: WaitOptions,
): Promise<Job> {
  if (wait.waitMs > 0) await waitFinished(scheduler, jobId, wait);
  const { jobs } = await scheduler.getJobs(
    { keyId, jobIds: [jobId] },
    { deadlineMs: SCHEDULER_DEADLINE_MS, signal: wait.signal },
  );
  const [job] = jobs;
  if (job === undefined) throw jobNotFound(jobId);
  return job;
}
