// A worker that counts words: jobs of type count-words with the payload { "text": "…" }.
import { setTimeout as pause } from "node:timers/promises";
import { systemClock, systemRandom } from "@millrace/shared";
import {
  type Executor,
  NonRetryableError,
  startWorker,
  WorkerRefusedError,
} from "@millrace/worker-sdk";

interface Payload {
  readonly text?: unknown;
  /** A pause after each line, so that one can watch the worker. */
  readonly pauseSeconds?: number;
}

const countWords: Executor = async ({ payload, write, progress, signal }) => {
  const { text, pauseSeconds = 0 } = payload as Payload;
  if (typeof text !== "string") {
    throw new NonRetryableError("MALFORMED", 'The payload needs a "text".');
  }
  const lines = text.split("\n");
  let words = 0;
  for (const [index, line] of lines.entries()) {
    const found = line.split(/\s+/).filter((word) => word !== "").length;
    words += found;
    await write(`${line.slice(0, 60)}: ${found}\n`);
    await progress(index + 1, lines.length, "counting");
    // The signal aborts when the job is cancelled, past its deadline, or handed back.
    await pause(pauseSeconds * 1_000, undefined, { signal });
  }
  return { words };
};

const { env, pid } = process;
const token = env.MILLRACE_WORKER_TOKEN;
const log = (level: string, msg: string, fields = {}) =>
  process.stdout.write(`${JSON.stringify({ level, msg, ...fields })}\n`);

const worker = startWorker({
  schedulerAddress: env.MILLRACE_SCHEDULER_ADDRESS ?? "127.0.0.1:7072",
  ...(token === undefined ? {} : { token }),
  workerId: `word-count-${pid}`,
  queues: (env.MILLRACE_QUEUES ?? "documents").split(","),
  slots: Number(env.MILLRACE_SLOTS ?? 4),
  executors: { "count-words": countWords },
  clock: systemClock,
  random: systemRandom,
  log,
});
worker.ended.catch((error: Error) => {
  log("error", error.message);
  process.exitCode = error instanceof WorkerRefusedError ? error.exitCode : 1;
});
process.once("SIGTERM", () => void worker.drain(Number(env.MILLRACE_DRAIN_MS ?? 15_000)));
log("info", "started");
