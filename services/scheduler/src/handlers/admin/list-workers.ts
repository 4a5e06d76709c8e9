import { timestampOf } from "@millrace/runtime";
import type { ConnectedWorkers } from "../../session/connected-workers.ts";
import type { AdminHandler } from "./admin-handler.ts";

/** The workers of the scheduler that answers, and its name. */
export interface WorkersHere {
  readonly connected: ConnectedWorkers;
  readonly schedulerId: string;
}

export const listWorkers =
  ({ connected, schedulerId }: WorkersHere): AdminHandler<"listWorkers"> =>
  async () => ({
    schedulerId,
    workers: connected.list().map(({ hello, tokenName, sinceMs, slots }) => {
      const { running, free } = slots();
      const { workerId, queues, pools, types, sdk } = hello;
      return {
        ...{ workerId, tokenName, queues, pools, types, sdk, running },
        ...{ freeSlots: free, connectTime: timestampOf(sinceMs) },
      };
    }),
  });
