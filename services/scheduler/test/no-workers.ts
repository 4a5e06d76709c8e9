import type { AllWorkers } from "../src/session/all-workers.ts";

/** For tests of services without a worker. */
export const noWorkers: Pick<AllWorkers, "list" | "schedulerId"> = {
  schedulerId: "s1",
  list: async () => [],
};

/** For tests of jobs that a worker of the queue serves. */
export const oneWorker = (
  queue: string,
  pools: readonly string[] = [],
): Pick<AllWorkers, "list" | "schedulerId"> => ({
  schedulerId: "s1",
  list: async () => [
    {
      ...{ workerId: "w1", tokenName: "worker", sdk: "", version: "", address: "10.0.0.7:4711" },
      ...{ queues: [queue], pools, types: [], slots: 1, running: 1, freeSlots: 0 },
      ...{ sinceMs: 0, heardMs: 0, draining: false, schedulerId: "s1" },
    },
  ],
});
