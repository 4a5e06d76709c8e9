import { status } from "@grpc/grpc-js";
import type { JobState } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import { sleep, systemClock } from "@millrace/shared";
import { isFinal } from "./journal.ts";
import type { busyBench } from "./load.ts";

/** How long a caller waits before it submits again. */
const PAUSE_MS = 50;
const CALLERS = 12;
/** Whether the error may be caused by a loss: it is transient, or the job or its last output was lost. */
const expected = (error: unknown): boolean =>
  error instanceof RpcFault &&
  (error.code === status.UNAVAILABLE ||
    error.reason === "JOB_NOT_FOUND" ||
    error.reason === "OUTPUT_GONE");

/**
 * Runs jobs for callers that submit again with the same idempotency key until their job has ended, whatever is
 * lost. Resolves when a third of the jobs are acknowledged. `all` resolves with the final states.
 */
export async function steadfastLoad(
  { caller, queue }: Awaited<ReturnType<typeof busyBench>>,
  jobs: number,
): Promise<{ readonly all: Promise<JobState[]> }> {
  let acknowledged = 0;
  const some = Promise.withResolvers<void>();
  const done = async (idempotencyKey: string): Promise<JobState> => {
    for (;;) {
      try {
        const { job } = await caller.jobs.submitJob({
          job: { queue, type: "copy", idempotencyKey },
        });
        acknowledged += 1;
        if (acknowledged === Math.ceil(jobs / 3)) some.resolve();
        for await (const { event } of caller.jobs.watchJob({ jobId: job?.id ?? "" })) {
          if (event.case === "job" && isFinal(event.value.state)) return event.value.state;
        }
      } catch (error) {
        if (!expected(error)) throw error;
        await sleep(systemClock, PAUSE_MS);
      }
    }
  };
  let next = 0;
  const calling = async () => {
    const states: JobState[] = [];
    while (next < jobs) {
      next += 1;
      states.push(await done(`job-${next}`));
    }
    return states;
  };
  const all = Promise.all(Array.from({ length: CALLERS }, calling));
  await Promise.race([some.promise, all]);
  return { all: all.then((states) => states.flat()) };
}
