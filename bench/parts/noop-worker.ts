/** A worker whose jobs do nothing, or wait for JOB_MS. Environment: ADDRESS, SLOTS, JOB_MS, STREAM_THREAD. */
import { setTimeout as pause } from "node:timers/promises";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { serveParent } from "./child.ts";
import { result } from "./payload.ts";

const jobMs = Number(process.env.JOB_MS ?? 0);
const noop = async () => {
  if (jobMs > 0) await pause(jobMs);
  return result;
};

await serveParent(async () => {
  const connected = Promise.withResolvers<void>();
  const worker = startWorker({
    schedulerAddress: process.env.ADDRESS ?? "",
    workerId: `bench-${process.pid}`,
    queues: ["bench"],
    slots: Number(process.env.SLOTS),
    executors: { noop },
    streamThread: process.env.STREAM_THREAD !== "false",
    clock,
    random,
    log: (_, message) => message === "connected" && connected.resolve(),
  });
  await connected.promise;
  return { answer: async () => ({}), close: () => worker.drain(1_000) };
});
