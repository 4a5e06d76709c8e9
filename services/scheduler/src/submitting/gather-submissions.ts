import type { Engine, JobSpec, SubmitOutcome } from "@millrace/engine";
import { createGroupBatcher, limits } from "@millrace/shared";

/** Two calls: the scheduler prepares the next group while Redis works on the last one. */
const IN_FLIGHT = 2;
/** What a job takes besides its payload: an upper bound in Redis' protocol, and an estimate of its memory. */
const FIXED_BYTES = 1_024;

export const jobWeight = (job: JobSpec): number => job.payloadJson.length + FIXED_BYTES;

/** Submits jobs in groups. Jobs that arrive together, from any gateway and call, go to Redis as one group. */
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
