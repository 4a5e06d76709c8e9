import type { WorkerOptions } from "@millrace/worker-sdk";

/** How this process connects to schedulers, whatever it serves. */
export type WorkerLink = Omit<
  WorkerOptions,
  "queues" | "pools" | "slots" | "guestSlots" | "executors"
> &
  Required<Pick<WorkerOptions, "clock" | "random" | "workerId">>;
