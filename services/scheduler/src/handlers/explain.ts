import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, isJobId, parseJobId } from "@millrace/shared";
import { explanationMessage } from "../messages/explanation-message.ts";

export const explain =
  (
    engine: Pick<Engine, "explain">,
    clock: Clock,
  ): Handler<(typeof SchedulerService)["method"]["explain"], undefined> =>
  async ({ keyId, explain: request }) => {
    const id = request?.jobId ?? "";
    const own = isJobId(id) && parseJobId(id)?.keyId === keyId;
    const explanation = own ? await engine.explain(id) : undefined;
    if (explanation === undefined) {
      throw rpcError({ reason: "JOB_NOT_FOUND", message: `there is no job ${id}` });
    }
    return { explanation: explanationMessage(explanation, clock.nowMs()) };
  };
