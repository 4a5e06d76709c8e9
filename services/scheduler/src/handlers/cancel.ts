import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isFinal, isJobId, type JobState, parseJobId } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";
import type { JobObserver } from "../observing/job-observer.ts";

/** Cancels a job. It succeeds for a CANCELLED job too, so that a caller that lost the reply may retry. */
export const cancel =
  (
    engine: Pick<Engine, "cancel" | "getJobs" | "clock">,
    observer: Pick<JobObserver, "ended">,
  ): Handler<(typeof SchedulerService)["method"]["cancel"], undefined> =>
  async ({ keyId, cancel: request }) => {
    const id = request?.jobId ?? "";
    if (!isJobId(id) || parseJobId(id)?.keyId !== keyId) throw notFound();
    const outcome = await engine.cancel(id, request?.reason ?? "");
    if (outcome.kind === "alreadyFinal") assertCancelled(outcome.state);
    const [job] = await engine.getJobs([id]);
    if (outcome.kind === "notFound" || job === undefined) throw notFound();
    // The job was running and has ended by itself before its worker received the cancel.
    if (isFinal(job.state)) assertCancelled(job.state);
    if (outcome.kind === "cancelled")
      observer.ended(outcome.job, "CANCELLED", engine.clock.nowMs());
    return { job: jobMessage(job) };
  };

function assertCancelled(state: JobState): void {
  if (state === "CANCELLED") return;
  throw rpcError({
    reason: "ILLEGAL_TRANSITION",
    message: `the job has already finished: its state is ${state}`,
    metadata: { state },
  });
}

const notFound = () => rpcError({ reason: "JOB_NOT_FOUND", message: "there is no such job" });
