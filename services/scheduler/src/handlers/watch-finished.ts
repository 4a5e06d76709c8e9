import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import type { Job, JobSchema } from "@millrace/proto/job";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import {
  createWake,
  groups,
  isJobId,
  type JobId,
  jobBytes,
  limits,
  type QueueName,
  queueOf,
} from "@millrace/shared";
import { jobMessage } from "../job-message.ts";
import type { JobObserver } from "../job-observer.ts";

type JobMessage = MessageInitShape<typeof JobSchema>;
/** What may be long of a finished job. */
type FinishedJob = Pick<Job, "labels" | "resultJson" | "error">;

const messageLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ labels, resultJson, error }: FinishedJob) =>
    jobBytes(labels, resultJson, error?.message),
};

/** Jobs that are read at once: each may have a long result. */
const JOBS_PER_READ = 256;

/**
 * Signals only say which jobs to read again. A queue is subscribed to before its jobs are first
 * read, so that no end falls between the two.
 */
export const watchFinished = (
  engine: Pick<Engine, "getFinished" | "subscribe">,
  observer: Pick<JobObserver, "awaited">,
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
          if (!isJobId(id)) {
            missing.push(id);
            continue;
          }
          if (!queues.has(queueOf(id))) await subscribe(queueOf(id));
          if (!awaited.has(id)) observer.awaited(1);
          awaited.add(id);
          toRead.add(id);
        }
        for (const id of dropJobIds) {
          if (awaited.delete(id as JobId)) observer.awaited(-1);
        }
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
    /** Reads the next of those that may have finished. */
    const read = async (): Promise<{ jobs: JobMessage[]; missingJobIds: string[] }> => {
      const ids = [...toRead.values().take(JOBS_PER_READ)];
      for (const id of ids) toRead.delete(id);
      const wanted = ids.filter((id) => awaited.has(id));
      const found = wanted.length === 0 ? [] : await engine.getFinished(wanted);
      const jobs: JobMessage[] = [];
      const missingJobIds = missing.splice(0);
      for (const [index, one] of found.entries()) {
        const id = wanted[index] as JobId;
        // Whoever dropped it meanwhile does not want to know.
        if (one.kind === "unfinished" || !awaited.delete(id)) continue;
        observer.awaited(-1);
        if (one.kind === "finished") jobs.push(jobMessage(one.job));
        else missingJobIds.push(id);
      }
      return { jobs, missingJobIds };
    };

    draining.addEventListener("abort", wake.wake, { once: true });
    signal.addEventListener("abort", wake.wake, { once: true });
    try {
      while (!signal.aborted && !(ended && awaited.size === 0 && missing.length === 0)) {
        if (failure !== undefined) throw failure.error;
        if (draining.aborted) {
          throw rpcError({ reason: "DRAINING", message: "the scheduler is stopping" });
        }
        if (toRead.size === 0 && missing.length === 0) {
          await wake.wait();
          continue;
        }
        const { jobs, missingJobIds } = await read();
        if (missingJobIds.length > 0) yield { missingJobIds };
        for (const group of groups(jobs, messageLimits)) yield { jobs: [...group] };
      }
    } finally {
      draining.removeEventListener("abort", wake.wake);
      signal.removeEventListener("abort", wake.wake);
      void received.then(() => {
        observer.awaited(-awaited.size);
        return closeAll(queues);
      });
    }
  };

async function closeAll(queues: ReadonlyMap<QueueName, AsyncDisposable>): Promise<void> {
  await Promise.allSettled([...queues.values()].map((queue) => queue[Symbol.asyncDispose]()));
}
