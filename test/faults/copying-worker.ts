/**
 * A worker in its own process whose jobs write dictated text. Each attempt of type "copy" connects to COPY_FROM,
 * copies the text from there to its output as it comes, and returns all of it. Attempts of the other types connect
 * there too, so that a test knows how far they have come.
 */
import { hostname } from "node:os";
import { runMain } from "@millrace/runtime";
import { systemClock, systemRandom } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { type Executor, startWorker } from "@millrace/worker-sdk";

const log = createLogger("worker");
const {
  COPY_FROM,
  SCHEDULER = "",
  QUEUE = "documents",
  SLOTS = "4",
  DRAIN_MS = "15000",
} = process.env;
const workerId = `${hostname()}-${process.pid}`;

const dictated = (jobId: string, attempt: number, init: RequestInit = {}) =>
  fetch(`${COPY_FROM}/${jobId}/${attempt}/${process.pid}`, init);

const copy: Executor = async ({ jobId, attempt, signal, write }) => {
  const response = await dictated(jobId, attempt, { signal });
  let text = "";
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    await write(piece);
  }
  return { text };
};

/** Hands two jobs over. Between that and the end of its attempt, it waits until its dictation ends. */
const divide: Executor = async ({ jobId, attempt, fanOut }) => {
  try {
    const { children } = await fanOut([{ type: "copy" }, { type: "copy" }]);
    return children.map(({ result }) => result);
  } catch (error) {
    await (await dictated(jobId, attempt)).text();
    throw error;
  }
};

/** Saves how many attempts there were, and returns it after its dictation ends. */
const remember: Executor = async ({ jobId, attempt, checkpoint, lastCheckpoint }) => {
  const earlier = (lastCheckpoint as number | undefined) ?? 0;
  await checkpoint(earlier + 1);
  await (await dictated(jobId, attempt)).text();
  return earlier;
};

await runMain(
  async (scope) => {
    const worker = startWorker({
      ...{ address: SCHEDULER, workerId, queues: [QUEUE], slots: Number(SLOTS) },
      ...{ executors: { copy, divide, remember }, clock: systemClock, random: systemRandom },
      log: (level, message, fields = {}) => log[level](fields, message),
    });
    scope.defer(() => worker.drain(Number(DRAIN_MS)));
    log.info({ worker_id: workerId }, "started");
  },
  { drainMs: Number(DRAIN_MS) + 8_000, log },
);
