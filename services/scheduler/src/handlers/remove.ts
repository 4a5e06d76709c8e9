import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isJobId, parseJobId } from "@millrace/shared";

/** Removes a job that has finished. It succeeds for a job that is gone, so that a caller that lost the reply may retry. */
export const remove =
  (
    engine: Pick<Engine, "remove">,
  ): Handler<(typeof SchedulerService)["method"]["remove"], undefined> =>
  async ({ keyId, jobId }) => {
    if (!isJobId(jobId) || parseJobId(jobId)?.keyId !== keyId) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: "there is no such job" });
    }
    if ((await engine.remove(jobId)) !== "unfinished") return {};
    const message = "the job is not removed, because it has not finished: cancel it first";
    throw rpcError({ reason: "ILLEGAL_TRANSITION", message });
  };
