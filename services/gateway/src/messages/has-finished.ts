import { type Job, JobState } from "@millrace/proto/job";
import { isFinal, type JobState as JobStateName } from "@millrace/shared";

/** Whether a job is in its final state. */
export const hasFinished = ({ state }: Pick<Job, "state">): boolean =>
  isFinal(JobState[state] as JobStateName);
