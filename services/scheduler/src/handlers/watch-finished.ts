import type { Engine } from "@millrace/engine";
import type { Job } from "@millrace/proto/job";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { createWake, groups, jobBytes, limits } from "@millrace/shared";
import type { JobObserver } from "../observing/job-observer.ts";
import { AwaitedJobs } from "../watching/awaited-jobs.ts";

/** The fields of a finished job that may be long. */
type FinishedJob = Pick<Job, "labels" | "resultJson" | "failure">;

const messageLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ labels, resultJson, failure }: FinishedJob) =>
    jobBytes(labels, resultJson, failure?.message, failure?.detailsJson),
};

export const watchFinished = (
  engine: Pick<Engine, "awaitEnds">,
  observer: Pick<JobObserver, "awaited">,
): Handler<(typeof SchedulerService)["method"]["watchFinished"], undefined> =>
  async function* (requests, { signal, draining }) {
    const { wake, wait } = createWake();
    const awaited = new AwaitedJobs({ engine, observer, onNews: wake });
    let ended = false;
    let failure: { error: unknown } | undefined;
    const receive = async () => {
      for await (const request of requests) await awaited.change(request);
    };
    const received = receive()
      .catch((error: unknown) => {
        failure = { error };
      })
      .finally(() => {
        ended = true;
        wake();
      });

    draining.addEventListener("abort", wake, { once: true });
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (!signal.aborted && !(ended && awaited.isEmpty)) {
        if (failure !== undefined) throw failure.error;
        if (draining.aborted) {
          throw rpcError({
            reason: "DRAINING",
            message: "the scheduler is stopping: open the stream again",
          });
        }
        if (!awaited.mayHaveNews) {
          await wait();
          continue;
        }
        const { jobs, missingJobIds } = await awaited.read();
        if (missingJobIds.length > 0) yield { missingJobIds };
        for (const group of groups(jobs, messageLimits)) yield { jobs: [...group] };
      }
    } finally {
      draining.removeEventListener("abort", wake);
      signal.removeEventListener("abort", wake);
      void received.then(() => awaited.close());
    }
  };
