import type { Engine } from "@millrace/engine";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import { queueStatus } from "../../operators/queue-status.ts";

export const listQueues =
  (engine: Pick<Engine, "queues" | "stats">): AdminHandler<"listQueues"> =>
  async () => {
    const queues = await engine.queues();
    return { queues: await Promise.all(queues.map((queue) => queueStatus(engine, queue))) };
  };
