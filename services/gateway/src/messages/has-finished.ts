import { type Group, GroupState } from "@millrace/proto/group";
import { type Job, JobState } from "@millrace/proto/job";
import { isFinal, type JobState as JobStateName } from "@millrace/shared";

/** Whether a job is in its final state. */
export const hasFinished = ({ state }: Pick<Job, "state">): boolean =>
  isFinal(JobState[state] as JobStateName);

const unfinishedGroup: ReadonlySet<GroupState> = new Set([
  ...[GroupState.UNSPECIFIED, GroupState.OPEN, GroupState.RUNNING],
]);

/** Whether a group is in its final state. */
export const groupHasFinished = ({ state }: Pick<Group, "state">): boolean =>
  !unfinishedGroup.has(state);
