import type { Engine, JobSpec, SubmitOutcome } from "@millrace/engine";
import { createGroupBatcher, limits } from "@millrace/shared";

/** Two: the next group is made ready while Redis is at work on the one before. */
const IN_FLIGHT = 2;
/** More than what a job takes in Redis' protocol, and about what it takes in its memory, beside its payload. */
const FIXED_BYTES = 1_024;

export const jobWeight = (job: JobSpec): number => job.payloadJson.length + FIXED_BYTES;

/** Jobs that arrive together, from whichever gateways and calls, go to Redis together. */
export function gatherSubmissions(engine: Pick<Engine, "submit">) {
  const groups = createGroupBatcher<JobSpec, SubmitOutcome>({
    maxItems: limits.jobsPerSubmit,
    maxWeight: limits.messageBytes,
    weigh: jobWeight,
    maxInFlight: IN_FLIGHT,
    flush: (jobs) => engine.submit(jobs),
  });
  return (jobs: readonly JobSpec[]): Promise<readonly SubmitOutcome[]> => groups.add(jobs);
}
