import { workerMessage } from "../../messages/worker-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { AllWorkers } from "../../session/all-workers.ts";

export const listWorkers =
  (workers: Pick<AllWorkers, "list" | "schedulerId">): AdminHandler<"listWorkers"> =>
  async () => ({
    schedulerId: workers.schedulerId,
    workers: (await workers.list()).map(workerMessage),
  });
