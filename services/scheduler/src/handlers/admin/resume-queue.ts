import type { Engine } from "@millrace/engine";
import { ResumeQueueRequestSchema } from "@millrace/proto/admin-service";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { existingQueue, queueStatus } from "../../operators/queue-status.ts";
import type { RecordChange } from "../../operators/record-change.ts";

export const resumeQueue =
  (
    engine: Pick<Engine, "getQueue" | "pauseQueue" | "stats">,
    record: RecordChange,
  ): AdminHandler<"resumeQueue"> =>
  async (request, { identity: by }) => {
    const queue = await existingQueue(engine, request.name);
    const change = { by, action: "ResumeQueue", subject: queue.name, request };
    await record({ ...change, schema: ResumeQueueRequestSchema }, () =>
      engine.pauseQueue(queue.name, false),
    );
    return { queue: await queueStatus(engine, queue) };
  };
