import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isQueueName } from "@millrace/shared";

export const getQueue =
  (
    engine: Pick<Engine, "getQueue">,
  ): Handler<(typeof SchedulerService)["method"]["getQueue"], undefined> =>
  async ({ name }) => {
    const queue = isQueueName(name) ? await engine.getQueue(name) : undefined;
    if (queue === undefined)
      throw rpcError({ reason: "QUEUE_NOT_FOUND", message: "there is no such queue" });
    return { name: queue.name, types: [...queue.types] };
  };
