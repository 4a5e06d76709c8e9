import type { Engine } from "@millrace/engine";
import { PauseQueueRequestSchema } from "@millrace/proto/admin-service";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { existingQueue, queueStatus } from "../../operators/queue-status.ts";
import type { RecordChange } from "../../operators/record-change.ts";

export const pauseQueue =
  (
    engine: Pick<Engine, "getQueue" | "pauseQueue" | "stats">,
    record: RecordChange,
  ): AdminHandler<"pauseQueue"> =>
  async (request, { identity: by }) => {
    const queue = await existingQueue(engine, request.name);
    const change = { by, action: "PauseQueue", subject: queue.name, request };
    await record({ ...change, schema: PauseQueueRequestSchema }, () =>
      engine.pauseQueue(queue.name, true),
    );
    return { queue: await queueStatus(engine, queue) };
  };
