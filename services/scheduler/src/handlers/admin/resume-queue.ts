import type { Engine } from "@millrace/engine";
import type { AdminService } from "@millrace/proto/admin-service";
import type { Handler } from "@millrace/runtime";
import { existingQueue, queueStatus } from "./queue-status.ts";

export const resumeQueue =
  (
    engine: Pick<Engine, "getQueue" | "pauseQueue" | "stats">,
  ): Handler<(typeof AdminService)["method"]["resumeQueue"], undefined> =>
  async ({ name }) => {
    const queue = await existingQueue(engine, name);
    await engine.pauseQueue(queue.name, false);
    return { queue: await queueStatus(engine, queue) };
  };
