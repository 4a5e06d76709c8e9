import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { queueStatus } from "./queue-status.ts";

export const listQueues =
  (
    engine: Pick<Engine, "queues" | "stats">,
  ): Handler<(typeof AdminService)["method"]["listQueues"], undefined> =>
  async () => {
    const queues = await engine.queues();
    return { queues: await Promise.all(queues.map((queue) => queueStatus(engine, queue))) };
  };
