// A worker that counts words: jobs of type count-words with the payload { "text": "…" }.
import { setTimeout as pause } from "node:timers/promises";
import { defineExecutor, type Log, startWorker, WorkerRefusedError } from "@millrace/worker-sdk";
import { z } from "zod";

const Payload = z.object({
  text: z.string(),
  /** A pause after each line, so that one can watch the worker. */
  pauseSeconds: z.number().nonnegative().default(0),
});

const countWords = defineExecutor(Payload, async ({ payload, write, progress, signal }) => {
  const lines = payload.text.split("\n");
  let words = 0;
  for (const [index, line] of lines.entries()) {
    const found = line.split(/\s+/).filter((word) => word !== "").length;
    words += found;
    await write(`${line.slice(0, 60)}: ${found}\n`);
    await progress(index + 1, lines.length, "counting");
    // The signal aborts when the job is cancelled, past its deadline, or handed back.
    await pause(payload.pauseSeconds * 1_000, undefined, { signal });
  }
  return { words };
});

const { env, pid } = process;
const token = env.MILLRACE_WORKER_TOKEN;
// If the reader of the log leaves, the worker goes on.
process.stdout.on("error", () => undefined);
const log: Log = (level, msg, fields = {}) =>
  process.stdout.write(`${JSON.stringify({ level, msg, ...fields })}\n`);

const worker = startWorker({
  address: env.MILLRACE_SCHEDULER_ADDRESS ?? "127.0.0.1:7072",
  ...(token === undefined ? {} : { token }),
  workerId: `word-count-${pid}`,
  queues: (env.MILLRACE_QUEUES ?? "documents").split(","),
  slots: Number(env.MILLRACE_SLOTS ?? 4),
  executors: { "count-words": countWords },
  drainOnSignal: { graceMs: Number(env.MILLRACE_DRAIN_MS ?? 15_000) },
  log,
});
worker.ended.catch((error: Error) => {
  log("error", error.message);
  process.exitCode = error instanceof WorkerRefusedError ? error.exitCode : 1;
});
log("info", "started");
