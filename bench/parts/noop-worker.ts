/**
 * A worker whose jobs do nothing, wait for JOB_MS, or write as many pieces of text as their payload says. Environment: ADDRESS, SLOTS, JOB_MS, STREAM_THREAD. With the variables
 * OTEL_* it sends a span of each attempt, as Millrace's worker does.
 */
import { setTimeout as pause } from "node:timers/promises";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import {
  createLogger,
  extractTrace,
  openSpan,
  spanNames,
  startTracing,
  traceClientCall,
} from "@millrace/telemetry";
import { type AttemptContext, startWorker } from "@millrace/worker-sdk";
import { serveParent } from "./child.ts";
import { result } from "./payload.ts";

/** The time before each piece of text. */
const CHUNK_MS = 10;
const jobMs = Number(process.env.JOB_MS ?? 0);
/** The longest time between the beginnings of two jobs since it was asked for last. */
let longestGapMs = 0;
let lastMs = performance.now();
const noop = async ({ payload, write }: AttemptContext) => {
  const nowMs = performance.now();
  longestGapMs = Math.max(longestGapMs, nowMs - lastMs);
  lastMs = nowMs;
  if (jobMs > 0) await pause(jobMs);
  const { chunks = 0 } = payload as { chunks?: number };
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    await pause(CHUNK_MS);
    await write("x");
  }
  return result;
};
const tracing = startTracing({
  ...{ serviceName: "worker", serviceVersion: "bench", env: process.env, clock },
  log: createLogger("worker"),
});
const traced = async (job: AttemptContext) => {
  const span = openSpan(spanNames.attempt, { kind: "consumer", parent: extractTrace(job) });
  try {
    return await span.run(() => noop(job));
  } finally {
    span.end();
  }
};

await serveParent(async () => {
  const connected = Promise.withResolvers<void>();
  const worker = startWorker({
    address: process.env.ADDRESS ?? "",
    workerId: `bench-${process.pid}`,
    queues: ["bench"],
    slots: Number(process.env.SLOTS),
    executors: { noop: tracing.enabled ? traced : noop },
    ...(tracing.enabled ? { traceCall: traceClientCall } : {}),
    streamThread: process.env.STREAM_THREAD !== "false",
    clock,
    random,
    log: (_, message) => message === "connected" && connected.resolve(),
  });
  await connected.promise;
  return {
    answer: async () => {
      const gap = longestGapMs;
      longestGapMs = 0;
      return { longestGapMs: gap };
    },
    async close() {
      await worker.drain(1_000);
      await tracing.close();
    },
  };
});
