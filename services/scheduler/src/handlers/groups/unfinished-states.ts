import type { Engine, GroupChild } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import { isFinal, type JobId } from "@millrace/shared";

/**
 * Reads the states of children that had not ended. A child that ended in between counts as running: its end, with what it
 * gave, is in the next read of the group.
 */
export async function unfinishedStates(
  engine: Pick<Engine, "getJobs">,
  children: readonly GroupChild[],
): Promise<ReadonlyMap<JobId, JobState>> {
  const ids = children.flatMap(({ jobId, state }) => (state === "UNFINISHED" ? [jobId] : []));
  const jobs = ids.length === 0 ? [] : await engine.getJobs(ids, "summary");
  return new Map(
    jobs.flatMap((job) => {
      if (job === undefined) return [];
      return [[job.id, isFinal(job.state) ? JobState.RUNNING : JobState[job.state]] as const];
    }),
  );
}
