import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isJobId, type JobId, parseJobId, queueOf } from "@millrace/shared";
import { explanationMessage } from "../messages/explanation-message.ts";
import { whoServes } from "../policy/who-serves.ts";
import type { AllWorkers } from "../session/all-workers.ts";

export const explain =
  (
    engine: Pick<Engine, "explain">,
    clock: Clock,
    workers: Pick<AllWorkers, "list">,
  ): Handler<(typeof SchedulerService)["method"]["explain"], undefined> =>
  async ({ keyId, explain: request }) => {
    const id = request?.jobId ?? "";
    const own = isJobId(id) && parseJobId(id)?.keyId === keyId;
    const explanation = own ? await engine.explain(id) : undefined;
    if (explanation === undefined) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${id}` });
    }
    const { type, pool } = explanation;
    const serving = whoServes(await workers.list(), { queue: queueOf(id as JobId), pool, type });
    return { explanation: explanationMessage(explanation, serving, clock.nowMs()) };
  };
