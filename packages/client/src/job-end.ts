import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { JobService } from "@millrace/proto/job-service";
import { isFinal } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { type Job, jobOf } from "./job.ts";
import { MillraceError } from "./millrace-error.ts";
import { repeating } from "./retrying.ts";

/** The longest wait that the contract lets one call ask for. */
const WAIT_MS = 60_000;

/** Waits for a job's final state, for ever unless there is a deadline. */
export async function waitForEnd<Result>(
  connection: Connection,
  jobId: string,
  { signal, deadlineMs }: CallOptions,
): Promise<Job<Result>> {
  const { clock } = connection;
  const untilMs = deadlineMs === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() + deadlineMs;
  for (;;) {
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0) {
      const message = `${jobId} has not finished in time`;
      throw new MillraceError({ code: "DEADLINE_EXCEEDED", message, retryable: true });
    }
    const waitMs = Math.min(WAIT_MS, leftMs);
    const request = { jobId, wait: durationFromMs(waitMs) };
    // The answer comes when the wait is over: the call's own deadline is later.
    const options = { signal, deadlineMs: 2 * WAIT_MS };
    const { job } = await repeating(connection, options, (deadlineAtMs) =>
      connection.unary(JobService.method.getJob, request, deadlineAtMs, signal),
    );
    if (job === undefined) throw new Error("the gateway answered without a job");
    const read = jobOf<Result>(job);
    if (isFinal(read.state)) return read;
  }
}

/** The job if it succeeded; else throws why it did not. */
export function succeeded<Result>(job: Job<Result>): Job<Result> {
  const { id, state, failure } = job;
  if (state === "SUCCEEDED") return job;
  throw new MillraceError({
    code: state === "CANCELLED" || state === "EXPIRED" ? `JOB_${state}` : "JOB_FAILED",
    reason: failure?.reason,
    message: failure?.message ?? `the job ended as ${state}`,
    metadata: { job_id: id },
    retryable: false,
  });
}
