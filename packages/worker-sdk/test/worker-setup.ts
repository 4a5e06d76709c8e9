import { systemClock, systemRandom } from "@millrace/shared";
import { onTestFinished } from "vitest";
import { type BindModels, type Executor, type Log, startWorker } from "../src/index.ts";
import { fakeScheduler, type Unary } from "./fake-scheduler.ts";

/** Starts a worker whose scheduler is controlled by the test. */
export async function startFakedWorker(
  executors: Record<string, Executor>,
  change: {
    readonly maxUnacknowledgedBytes?: number;
    readonly slots?: number;
    readonly guestSlots?: number;
    readonly streamThread?: boolean;
    readonly models?: BindModels;
  } = {},
  unary: Unary = {},
) {
  const { maxUnacknowledgedBytes = 1_000, slots = 1, guestSlots = 0, streamThread = true } = change;
  const { models } = change;
  const { port, stream, close } = await fakeScheduler(unary);
  const logged: Parameters<Log>[] = [];
  const worker = startWorker({
    address: `127.0.0.1:${port}`,
    ...{ workerId: "w1", queues: ["documents"], slots, executors, maxUnacknowledgedBytes },
    ...(models === undefined ? {} : { models }),
    ...{ guestSlots, streamThread, log: (...line) => void logged.push(line) },
    ...{ clock: systemClock, random: { ...systemRandom, next: () => 0.99 } },
  });
  onTestFinished(async () => {
    close();
    void worker.drain(0);
  });
  return { worker, stream, logged };
}

export const echo: Executor = async ({ payload, write }) => {
  await write("hello");
  return payload;
};

export const untilStopped: Executor = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
