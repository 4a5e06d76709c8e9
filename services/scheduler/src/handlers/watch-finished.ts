import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import type {
  SchedulerService,
  WatchFinishedResponseSchema,
} from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { groups, isJobId, type JobId, limits, parseJobId, type QueueName } from "@millrace/shared";
import { jobMessage } from "../job-message.ts";
import { createWake } from "../wake.ts";

type Response = MessageInitShape<typeof WatchFinishedResponseSchema>;

/** More than all of a finished job but its result takes, for all but the longest labels and errors. */
const FINISHED_BYTES = 2_048;

/** Of the fields of a finished job, only its result may be long. */
const messageLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ resultJson = "" }: { readonly resultJson?: string }) =>
    Buffer.byteLength(resultJson) + FINISHED_BYTES,
};

/**
 * Signals only say which jobs to read again. A queue is subscribed to before its jobs are first
 * read, so that no end falls between the two.
 */
export const watchFinished = (
  engine: Pick<Engine, "getFinished" | "subscribe">,
): Handler<(typeof SchedulerService)["method"]["watchFinished"], undefined> =>
  async function* (requests, { signal, draining }) {
    const awaited = new Set<JobId>();
    const toRead = new Set<JobId>();
    const missing: string[] = [];
    const wake = createWake();
    const queues = new Map<QueueName, AsyncDisposable>();
    let ended = false;
    let failure: { error: unknown } | undefined;

    const subscribe = async (queue: QueueName) => {
      if (queues.has(queue)) return;
      const subscription = await engine.subscribe(queue, (hint) => {
        if (hint.kind === "resync") for (const id of awaited) toRead.add(id);
        else if (hint.kind === "finished" && awaited.has(hint.jobId)) toRead.add(hint.jobId);
        else return;
        wake.wake();
      });
      queues.set(queue, subscription);
    };
    const receive = async () => {
      for await (const { addJobIds, dropJobIds } of requests) {
        for (const id of addJobIds) {
          const queue = isJobId(id) ? parseJobId(id)?.queue : undefined;
          if (!isJobId(id) || queue === undefined) {
            missing.push(id);
            continue;
          }
          awaited.add(id);
          await subscribe(queue);
          toRead.add(id);
        }
        for (const id of dropJobIds) awaited.delete(id as JobId);
        wake.wake();
      }
    };
    const received = receive()
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        ended = true;
        wake.wake();
      });
    draining.addEventListener("abort", wake.wake, { once: true });
    signal.addEventListener("abort", wake.wake, { once: true });
    try {
      while (!signal.aborted && !(ended && awaited.size === 0 && missing.length === 0)) {
        if (failure !== undefined) throw failure.error;
        if (draining.aborted) {
          throw rpcError({ reason: "DRAINING", message: "the scheduler is stopping" });
        }
        const ids = [...toRead].filter((id) => awaited.has(id));
        toRead.clear();
        const response = await readFinished(engine, ids, missing.splice(0));
        for (const job of response.jobs) awaited.delete(job.id as JobId);
        for (const id of response.missingJobIds) awaited.delete(id as JobId);
        if (response.jobs.length + response.missingJobIds.length === 0) await wake.wait();
        else if (response.jobs.length === 0) yield response;
        for (const [at, jobs] of [...groups(response.jobs, messageLimits)].entries()) {
          yield { jobs: [...jobs], missingJobIds: at === 0 ? response.missingJobIds : [] };
        }
      }
    } finally {
      draining.removeEventListener("abort", wake.wake);
      signal.removeEventListener("abort", wake.wake);
      void received.then(() => closeAll(queues));
    }
  };

async function readFinished(
  engine: Pick<Engine, "getFinished">,
  ids: readonly JobId[],
  missing: readonly string[],
) {
  const reads = ids.length === 0 ? [] : await engine.getFinished(ids);
  return {
    jobs: reads.flatMap((read) => (read.kind === "finished" ? [jobMessage(read.job)] : [])),
    missingJobIds: [...missing, ...ids.filter((_, index) => reads[index]?.kind === "notFound")],
  } satisfies Response;
}

async function closeAll(queues: ReadonlyMap<QueueName, AsyncDisposable>): Promise<void> {
  await Promise.allSettled([...queues.values()].map((queue) => queue[Symbol.asyncDispose]()));
}
