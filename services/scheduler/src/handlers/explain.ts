import type { Engine, Explanation } from "@millrace/engine";
import { ExplainJobResponseSchema } from "@millrace/proto/job-service";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isJobId, type JobId, parseJobId, queueOf } from "@millrace/shared";
import { explanationMessage, type JobServing } from "../messages/explanation-message.ts";
import { fromDetails } from "../messages/job-details.ts";
import { type ServingWorker, whoServes, whoServesModel } from "../policy/who-serves.ts";
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

function servingOf(
  workers: readonly ServingWorker[],
  queue: string,
  { type, pool, model, routes = [] }: Explanation,
): JobServing {
  if (model === undefined) return { job: whoServes(workers, { queue, pool, type }), routes: [] };
  const accounts = routes.map(({ account }) => account);
  return {
    job: whoServesModel(workers, { queue, type, model, accounts }),
    routes: accounts.map((account) => whoServes(workers, { queue, pool: account, type })),
  };
}
