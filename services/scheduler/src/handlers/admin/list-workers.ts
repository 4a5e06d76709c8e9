import { workerMessage } from "../../messages/worker-message.ts";
import type { AdminHandler } from "../../operators/admin-handler.ts";
import type { ConnectedWorkers } from "../../session/connected-workers.ts";

/** The workers of the scheduler that serves the call, and the scheduler's name. */
export interface WorkersHere {
  readonly connected: ConnectedWorkers;
  readonly schedulerId: string;
}

export const listWorkers =
  ({ connected, schedulerId }: WorkersHere): AdminHandler<"listWorkers"> =>
  async () => ({
    schedulerId,
    workers: connected.list().map(({ hello, tokenName, sinceMs, slots }) => {
      const { running, free: freeSlots } = slots();
      return workerMessage({ hello, tokenName, sinceMs, running, freeSlots });
    }),
  });
