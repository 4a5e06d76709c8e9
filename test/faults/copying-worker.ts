/**
 * A worker in its own process whose jobs write dictated text. Each attempt connects to COPY_FROM, copies the text
 * from there to its output as it comes, and returns all of it.
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

const copy: Executor = async ({ jobId, attempt, signal, write }) => {
  const response = await fetch(`${COPY_FROM}/${jobId}/${attempt}/${process.pid}`, { signal });
  let text = "";
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    await write(piece);
  }
  return { text };
};

await runMain(
  async (scope) => {
    const worker = startWorker({
      ...{ schedulerAddress: SCHEDULER, workerId, queues: [QUEUE], slots: Number(SLOTS) },
      ...{ executors: { copy }, clock: systemClock, random: systemRandom },
      log: (level, message, fields = {}) => log[level](fields, message),
    });
    scope.defer(() => worker.drain(Number(DRAIN_MS)));
    log.info({ worker_id: workerId }, "started");
  },
  { drainMs: Number(DRAIN_MS) + 8_000, log },
);
