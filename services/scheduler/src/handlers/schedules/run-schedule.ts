import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isJobId, parseJobId, queueOf } from "@millrace/shared";
import { refusalOf, type SubmissionOutcome } from "../../messages/submit-result.ts";
import type { JobObserver } from "../../observing/job-observer.ts";
import type { MemoryPressure } from "../../policy/memory-pressure.ts";
import { retryDefaultsOf, scheduledJob } from "../../schedules/scheduled-job.ts";
import { runnableSpec, scheduleNotFound } from "../../schedules/store-schedule.ts";
import { jobWeight } from "../../submitting/gather-submissions.ts";
import { ownScheduleId } from "./own-schedule.ts";

export interface RunScheduleParts {
  readonly engine: Pick<Engine, "getSchedules" | "submit" | "recentQueue">;
  readonly observer: Pick<JobObserver, "submitted" | "shed">;
  readonly clock: Clock;
  readonly pressure: Pick<MemoryPressure, "admits">;
}

/** Submits a job of a schedule now. */
export const runSchedule =
  ({
    engine,
    observer,
    clock,
    pressure,
  }: RunScheduleParts): Handler<(typeof SchedulerService)["method"]["runSchedule"], undefined> =>
  async ({ keyId, scheduleId, jobId }) => {
    const id = ownScheduleId(keyId, scheduleId);
    if (!isJobId(jobId) || parseJobId(jobId)?.keyId !== keyId) {
      throw rpcError({ reason: "MALFORMED", message: `${jobId} is no id of a job of this key` });
    }
    const [schedule] = await engine.getSchedules([id]);
    if (schedule === undefined) throw scheduleNotFound(scheduleId);
    const nowMs = clock.nowMs();
    const run = { id, revision: schedule.revision, kind: "now", dueMs: nowMs } as const;
    const defaultRetry = await retryDefaultsOf(engine, queueOf(id));
    const job = scheduledJob(jobId, runnableSpec(schedule), run, nowMs, defaultRetry);
    const admitted = pressure.admits(jobWeight(job));
    if (!admitted) observer.shed();
    const [outcome = { kind: "storeFull" }]: readonly SubmissionOutcome[] = admitted
      ? await engine.submit([job])
      : [];
    const refusal = refusalOf(jobId, outcome);
    if (refusal !== undefined) throw rpcError(refusal);
    if (outcome.kind === "accepted") observer.submitted(jobId, job.type);
    return { jobId };
  };
