import type { Engine } from "@millrace/engine";
import { ExplainJobResponseSchema } from "@millrace/proto/job-service";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isJobId, type JobId, parseJobId, queueOf } from "@millrace/shared";
import { explanationMessage } from "../messages/explanation-message.ts";
import { fromDetails } from "../messages/job-details.ts";
import { servingOf } from "../observing/serving-of.ts";
import type { AllWorkers } from "../session/all-workers.ts";

export const explain =
  (
    engine: Pick<Engine, "explain" | "getJobs">,
    clock: Clock,
    workers: Pick<AllWorkers, "list">,
  ): Handler<(typeof SchedulerService)["method"]["explain"], undefined> =>
  async ({ keyId, explain: request }) => {
    const id = request?.jobId ?? "";
    const own = isJobId(id) && parseJobId(id)?.keyId === keyId;
    const [explanation, [job] = []] = own
      ? await Promise.all([engine.explain(id), engine.getJobs([id], "summary")])
      : [];
    if (explanation === undefined) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${id}` });
    }
    const serving = servingOf(await workers.list(), queueOf(id as JobId), explanation);
    return {
      explanation: {
        ...explanationMessage(explanation, serving, clock.nowMs()),
        ...fromDetails(ExplainJobResponseSchema, job?.details),
      },
    };
  };
