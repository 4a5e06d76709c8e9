/** A worker that does nothing with its jobs. ADDRESS, SLOTS. */
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { serveParent } from "./child.ts";
import { result } from "./payload.ts";

await serveParent(async () => {
  const connected = Promise.withResolvers<void>();
  const worker = startWorker({
    schedulerAddress: process.env.ADDRESS ?? "",
    workerId: `bench-${process.pid}`,
    queues: ["bench"],
    slots: Number(process.env.SLOTS),
    executors: { noop: async () => result },
    clock,
    random,
    log: (_, message) => message === "connected" && connected.resolve(),
  });
  await connected.promise;
  return { answer: async () => ({}), close: () => worker.drain(1_000) };
});
