// A worker on the SDK for TypeScript that has every job type of the conformance tests.
import { setTimeout as pause } from "node:timers/promises";
import { systemClock, systemRandom } from "@millrace/shared";
import { type Executor, JobFailure, NonRetryableError, startWorker } from "@millrace/worker-sdk";

const countWords: Executor = async ({ payload, write, progress, signal }) => {
  const { text, pauseSeconds = 0 } = payload as { text?: unknown; pauseSeconds?: number };
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
    await pause(pauseSeconds * 1_000, undefined, { signal });
  }
  return { words };
};

const compute: Executor = async ({ payload, attempt }) => {
  const { seconds } = payload as { seconds: number };
  const untilMs = performance.now() + seconds * 1_000;
  while (performance.now() < untilMs);
  return { attempt };
};

const sumSquares: Executor = async ({ payload, fanOut }) => {
  const { numbers } = payload as { numbers: readonly number[] };
  const { children } = await fanOut(
    numbers.map((number) => ({ type: "square", payload: { number } })),
  );
  const squares = children.map(({ result }) => (result as { square: number }).square);
  return { sum: squares.reduce((sum, square) => sum + square, 0) };
};

const square: Executor = async ({ payload }) => {
  const { number } = payload as { number: number };
  return { square: number * number };
};

const resume: Executor = async ({ attempt, checkpoint, lastCheckpoint }) => {
  if (lastCheckpoint !== undefined) return { checkpoint: lastCheckpoint };
  await checkpoint({ attempt });
  throw new JobFailure("NOT_YET", "The next attempt has the checkpoint.", true);
};

const documentBytes: Executor = async ({ documentIds, readDocument }) => {
  let bytes = 0;
  for await (const piece of readDocument(documentIds[0] ?? "")) bytes += piece.length;
  return { bytes };
};

const spend: Executor = async ({ addUsage }) => {
  addUsage({ inputTokens: 11, outputTokens: 7, providerCalls: 1 });
  throw new NonRetryableError("SPENT", "Nothing came of it.");
};

const { env, pid } = process;
const worker = startWorker({
  address: env.MILLRACE_SCHEDULER_ADDRESS ?? "",
  token: env.MILLRACE_WORKER_TOKEN ?? "",
  workerId: `conformance-${pid}`,
  queues: ["documents"],
  slots: Number(env.MILLRACE_SLOTS ?? 4),
  executors: {
    "count-words": countWords,
    compute,
    "sum-squares": sumSquares,
    square,
    resume,
    "document-bytes": documentBytes,
    spend,
  },
  clock: systemClock,
  random: systemRandom,
});
process.once("SIGTERM", () => void worker.drain(Number(env.MILLRACE_DRAIN_MS ?? 15_000)));
