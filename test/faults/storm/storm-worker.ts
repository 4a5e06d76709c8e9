/** A worker in its own process. Its jobs do what their payload says. */
import { hostname } from "node:os";
import { runMain } from "@millrace/runtime";
import { sleep, systemClock, systemRandom } from "@millrace/shared";
import { createLogger } from "@millrace/telemetry";
import { type Executor, JobFailure, NonRetryableError, startWorker } from "@millrace/worker-sdk";
import { POOL, piece, STORM_QUEUE, type Work } from "./jobs.ts";

const log = createLogger("worker");
const { SCHEDULER = "", SLOTS = "32", PROVIDER = "", TYPES = "work" } = process.env;
/** After this time without an answer the provider counts as down. */
const SILENCE_MS = 1_000;
const DRAIN_MS = 2_000;
const workerId = `${hostname()}-${process.pid}`;

/** Calls the provider of a pooled job, and reports its failures. */
async function callProvider(account: string, signal: AbortSignal): Promise<void> {
  const failed = (httpStatus: number, cause?: unknown) =>
    new JobFailure("PROVIDER_ERROR", `the provider answered ${httpStatus}`, true, {
      ...{ provider: { account, httpStatus, quotaExhausted: false }, cause },
    });
  const body = JSON.stringify({ model: "m", messages: [] });
  let status = 0;
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]);
    const call = { method: "POST", body, signal: either };
    const response = await fetch(`${PROVIDER}/chat/completions`, call);
    await response.text();
    status = response.status;
  } catch (error) {
    signal.throwIfAborted();
    throw failed(0, error);
  }
  if (status !== 200) throw failed(status);
}

const work: Executor = async ({ payload, attempt, signal, write, pool }) => {
  if (pool !== "") await callProvider(pool, signal);
  const { n, pieces, pauseMs, failures, fatal } = payload as Work;
  let text = "";
  for (let i = 0; i < pieces; i += 1) {
    if (pauseMs > 0) await sleep(systemClock, pauseMs, signal);
    signal.throwIfAborted();
    const written = piece(n, attempt, process.pid, i);
    await write(written);
    text += written;
    if (fatal) throw new NonRetryableError("FATAL", "the payload asks for this failure");
    if (attempt <= failures) throw new Error("the payload asks for this failure");
  }
  return { text };
};

const executors = Object.fromEntries(TYPES.split(",").map((type) => [type, work]));

await runMain(
  async (scope) => {
    const worker = startWorker({
      ...{ schedulerAddress: SCHEDULER, workerId, queues: [STORM_QUEUE], pools: [POOL] },
      ...{ slots: Number(SLOTS), executors, clock: systemClock, random: systemRandom },
    });
    scope.defer(() => worker.drain(DRAIN_MS));
    log.info({ worker_id: workerId }, "started");
  },
  { drainMs: DRAIN_MS + 8_000, log },
);
